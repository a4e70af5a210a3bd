"""The core's use cases keep the laws of the driving ports."""

import pytest

from tests.contract.driving import DrivingContract
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
