"""The core's use cases keep the laws of the driving ports."""

import pytest

from tests.contract.administered_service import AdministeredService
from tests.contract.driving import DrivingContract
from tests.contract.driving_administered import AdministrationContract
from tests.contract.driving_guesses import GuessContract
from tests.contract.driving_service import Service
from tests.unit.world import World


class TestUseCases(DrivingContract):
    @pytest.fixture
    async def subject(self) -> Service:
        return World(backoff=None, mails=())


class TestLimitedUseCases(GuessContract):
    @pytest.fixture
    async def subject(self) -> Service:
        return World()


class TestAdministration(AdministrationContract):
    @pytest.fixture
    async def subject(self) -> AdministeredService:
        return World(backoff=None, mails=())
