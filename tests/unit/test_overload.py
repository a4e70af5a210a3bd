import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from falcon import asgi, testing

from adapters.passwords.bcrypt import BcryptHasher
from core.errors import Overloaded
from entrypoints.http.limits import BUCKETS
from entrypoints.http.overload import HASHING, ROOM, Turnstile


@pytest.fixture
async def hasher() -> AsyncIterator[BcryptHasher]:
    hasher = BcryptHasher(rounds=9, max_wait=0, threads=1)
    yield hasher
    await hasher.aclose()


def request(path: str, method: str = "POST") -> asgi.Request:
    scope = testing.create_scope(path=path, method=method)
    return asgi.Request(scope, testing.ASGIRequestEventEmitter())


async def passed(turnstile: Turnstile, path: str, method: str = "POST") -> None:
    await turnstile.process_resource(request(path, method), asgi.Response(), None, {})


def test_all_that_hashes_is_limited() -> None:
    assert {*BUCKETS} >= HASHING


async def test_of_a_flood_one_gets_through_at_each_turn_in_order(
    hasher: BcryptHasher,
) -> None:
    turnstile = Turnstile(hasher)
    through: list[int] = []

    async def come(number: int) -> None:
        await passed(turnstile, "/auth/login")
        through.append(number)

    flood = [asyncio.create_task(come(number)) for number in range(50)]
    counts = []
    while len(through) < 50:
        await asyncio.sleep(0)
        counts.append(len(through))

    assert [*range(50)] == through
    assert {0, 1} == {after - before for before, after in pairwise([0, *counts])}
    await asyncio.gather(*flood)


async def test_a_queue_that_is_too_long_is_not_joined(hasher: BcryptHasher) -> None:
    turnstile = Turnstile(hasher)
    flood = [asyncio.create_task(passed(turnstile, "/auth/login")) for _ in range(ROOM)]
    await asyncio.sleep(0)

    with pytest.raises(Overloaded):
        await passed(turnstile, "/auth/resend-verification")

    async with asyncio.timeout(30):
        await asyncio.gather(*flood)
        await passed(turnstile, "/auth/login")


async def test_what_is_not_limited_passes_by(hasher: BcryptHasher) -> None:
    turnstile = Turnstile(hasher)
    flood = [asyncio.create_task(passed(turnstile, "/auth/login")) for _ in range(50)]
    await asyncio.sleep(0)

    for path, method in (
        ("/auth/me", "GET"),
        ("/auth/refresh", "POST"),
        ("/auth/login", "OPTIONS"),
        ("/livez", "GET"),
    ):
        async with asyncio.timeout(10):
            await passed(turnstile, path, method)
        assert not flood[-1].done()

    await asyncio.gather(*flood)


async def test_who_has_gone_holds_nobody_up(hasher: BcryptHasher) -> None:
    turnstile = Turnstile(hasher)
    flood = [asyncio.create_task(passed(turnstile, "/auth/login")) for _ in range(10)]
    await asyncio.sleep(0)

    for task in flood[::2]:
        task.cancel()

    async with asyncio.timeout(10):
        ends = await asyncio.gather(*flood, return_exceptions=True)
    assert [True, False] * 5 == [
        isinstance(end, asyncio.CancelledError) for end in ends
    ]


async def test_what_needs_a_hash_is_refused_while_there_is_no_room(
    hasher: BcryptHasher,
) -> None:
    turnstile = Turnstile(hasher)
    ahead = asyncio.create_task(hasher.hash("x"))
    await asyncio.sleep(0)

    for path in HASHING:
        with pytest.raises(Overloaded):
            await passed(turnstile, path)
    for path in {*BUCKETS} - HASHING:
        await passed(turnstile, path)

    await ahead
