from functools import partial

import pytest

from tests.contract.base import broken_laws
from tests.contract.driving import DrivingContract
from tests.contract.driving_guesses import GuessContract
from tests.unit import (  # noqa: F401 - each adds its faults
    broken_driving_accounts,
    broken_driving_passwords,
    broken_driving_sessions,
)
from tests.unit.broken_driving import BROKEN, service_with
from tests.unit.broken_driving_guesses import GUESSED


@pytest.mark.parametrize("fault", BROKEN)
async def test_a_fault_is_caught_by_the_laws_it_breaks(fault: type) -> None:
    assert BROKEN[fault] == await broken_laws(
        DrivingContract, partial(service_with, fault)
    )


@pytest.mark.parametrize("fault", GUESSED)
async def test_a_fault_of_limits_is_caught_by_the_laws_it_breaks(fault: type) -> None:
    assert GUESSED[fault] == await broken_laws(
        GuessContract, partial(service_with, fault, limited=True)
    )


def test_every_law_can_be_broken() -> None:
    assert set(DrivingContract.laws()) == set().union(*BROKEN.values())
    assert set(GuessContract.laws()) == set().union(*GUESSED.values())
