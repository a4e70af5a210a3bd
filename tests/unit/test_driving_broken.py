from functools import partial

import pytest

from tests.contract.base import broken_laws
from tests.contract.driving import DrivingContract
from tests.unit import (  # noqa: F401 - each adds its faults
    broken_driving_accounts,
    broken_driving_passwords,
    broken_driving_sessions,
)
from tests.unit.broken_driving import BROKEN, service_with


@pytest.mark.parametrize("fault", BROKEN)
async def test_a_fault_is_caught_by_the_laws_it_breaks(fault: type) -> None:
    assert BROKEN[fault] == await broken_laws(
        DrivingContract, partial(service_with, fault)
    )


def test_every_law_can_be_broken() -> None:
    assert set(DrivingContract.laws()) == set().union(*BROKEN.values())
