"""A pool of Amazon Cognito keeps the laws of the driving ports, but for those listed by name."""

from collections.abc import Container, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

import pytest

from tests.adapters.cognito_differences import ADMINISTRATION, DRIVING, RACES
from tests.adapters.cognito_world import PoolService, reachable, service_on
from tests.contract.base import Contract, broken_laws
from tests.contract.driving import DrivingContract
from tests.contract.driving_administered import AdministrationContract
from tests.contract.driving_registration import RegistrationLaws
from tests.contract.driving_verification import RejectionLaws, VerificationLaws
from tests.servers.cognito import CognitoServer, MadePool

BEGINNINGS = (RegistrationLaws, VerificationLaws, RejectionLaws)
"""Laws about those who have not proved their address yet."""


@pytest.fixture(scope="module")
def pool() -> Iterator[MadePool]:
    server = CognitoServer().start()
    with reachable(server):
        yield server.new_pool()
    server.stop()


def certain(contract: type[Contract], listed: Container[str]) -> list[Any]:
    """Return the laws, those which are listed to be run with the soak."""
    return [
        pytest.param(law, marks=pytest.mark.soak) if name in listed else law
        for law in contract.laws()
        if (name := law.removeprefix("test_")) not in RACES
    ]


def beginning_with(
    law: str, pool: MadePool
) -> AbstractAsyncContextManager[PoolService]:
    of_newcomers = any(hasattr(laws, law) for laws in BEGINNINGS)
    return service_on(pool, confirms=not of_newcomers)


async def differs(contract: type[Contract], law: str, pool: MadePool) -> bool:
    make = partial(beginning_with, law, pool)
    return bool(await broken_laws(contract, make, [law]))


@pytest.mark.parametrize("law", certain(DrivingContract, DRIVING))
async def test_the_pool_keeps_a_law_unless_it_is_listed(
    law: str, pool: MadePool
) -> None:
    listed = law.removeprefix("test_") in DRIVING

    assert listed == await differs(DrivingContract, law, pool)


@pytest.mark.parametrize("law", certain(AdministrationContract, ADMINISTRATION))
async def test_the_pool_keeps_a_law_of_administration_unless_it_is_listed(
    law: str, pool: MadePool
) -> None:
    listed = law.removeprefix("test_") in ADMINISTRATION

    assert listed == await differs(AdministrationContract, law, pool)


def test_what_is_listed_are_laws() -> None:
    laws = {*DrivingContract.laws(), *AdministrationContract.laws()}

    assert {f"test_{law}" for law in {*DRIVING, *ADMINISTRATION, *RACES}} <= laws
