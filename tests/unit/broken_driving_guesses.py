"""Faults of what keeps passwords from being guessed, and the laws that tell."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

from core.identity.throttle import Throttle
from core.model import Client, UserId
from tests.unit.broken_driving import Rest
from tests.unit.world import EMAIL


class CountsNothing(Throttle):
    @asynccontextmanager
    async def trial(self, *_: Rest) -> AsyncIterator[None]:
        yield


class CountsOnlyLogIns(Throttle):
    @asynccontextmanager
    async def trial(
        self, account: str, client: Client, user_id: UserId | None = None
    ) -> AsyncIterator[None]:
        async with nullcontext() if user_id else super().trial(account, client):
            yield


class CountsOnlyTheKnown(Throttle):
    @asynccontextmanager
    async def trial(self, account: str, *rest: Rest) -> AsyncIterator[None]:
        known = account == EMAIL
        async with super().trial(account, *rest) if known else nullcontext():
            yield


class VouchesForNobody(Throttle):
    async def trust(self, account: str, client: Client) -> None:
        return None


WAIT = "test_who_guesses_has_to_wait_whether_the_address_is_known_or_not"
TOKEN = "test_who_has_an_access_token_can_not_guess_the_password_by_it"
RESET = "test_who_resets_the_password_can_log_in_whatever_strangers_do"

GUESSED: dict[type, set[str]] = {
    CountsNothing: {WAIT, TOKEN, RESET},
    CountsOnlyLogIns: {TOKEN},
    CountsOnlyTheKnown: {WAIT},
    VouchesForNobody: {RESET},
}
