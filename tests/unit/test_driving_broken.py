import asyncio
from functools import partial

import pytest

from tests.contract.base import Contract, broken_laws
from tests.contract.driving import DrivingContract
from tests.contract.driving_administered import AdministrationContract
from tests.contract.driving_guesses import GuessContract
from tests.unit import (  # noqa: F401 - each adds its faults
    broken_driving_accounts,
    broken_driving_passwords,
    broken_driving_sessions,
    broken_own_accounts,
)
from tests.unit.broken_administration import ADMINISTERED
from tests.unit.broken_driving import (
    BROKEN,
    Use,
    changed_by,
    service_with,
    used_by,
)
from tests.unit.broken_driving_guesses import GUESSED


@pytest.fixture(scope="module")
def used() -> dict[str, set[Use]]:
    return asyncio.run(used_by(DrivingContract))


@pytest.fixture(scope="module")
def administration_used() -> dict[str, set[Use]]:
    return asyncio.run(used_by(AdministrationContract))


async def laws_broken_by(
    fault: type, contract: type[Contract], used: dict[str, set[Use]]
) -> set[str]:
    # A law that uses nothing of what is wrong finds use cases that are sound.
    concerned = [law for law, uses in used.items() if uses & changed_by(fault)]
    return await broken_laws(contract, partial(service_with, fault), concerned)


@pytest.mark.parametrize("fault", BROKEN)
async def test_a_fault_is_caught_by_the_laws_it_breaks(
    fault: type, used: dict[str, set[Use]]
) -> None:
    assert BROKEN[fault] == await laws_broken_by(fault, DrivingContract, used)


@pytest.mark.parametrize("fault", GUESSED)
async def test_a_fault_of_limits_is_caught_by_the_laws_it_breaks(fault: type) -> None:
    assert GUESSED[fault] == await broken_laws(
        GuessContract, partial(service_with, fault, limited=True)
    )


@pytest.mark.parametrize("fault", ADMINISTERED)
async def test_a_fault_of_administration_is_caught_by_the_laws_it_breaks(
    fault: type, administration_used: dict[str, set[Use]]
) -> None:
    assert ADMINISTERED[fault] == await laws_broken_by(
        fault, AdministrationContract, administration_used
    )


def test_every_law_can_be_broken() -> None:
    assert set(DrivingContract.laws()) == set().union(*BROKEN.values())
    assert set(GuessContract.laws()) == set().union(*GUESSED.values())
    administered = set().union(*ADMINISTERED.values())
    assert set(AdministrationContract.laws()) == administered
