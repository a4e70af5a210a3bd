from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from adapters.rate_limit.memory import Log, MemoryRateLimiter
from adapters.rate_limit.redis import RedisRateLimiter
from core.model import Attempt, Backoff, Quota, Trial
from core.ports import Clock
from tests.adapters.redis_world import beside
from tests.contract.base import broken_laws
from tests.contract.rate_limiter_bounds import (
    BACKOFF,
    Bounded,
    LimiterBoundsContract,
)
from tests.doubles import SetClock
from tests.servers.valkey import ValkeyServer

MOST = 50


@asynccontextmanager
async def bounded(
    make: type[MemoryRateLimiter] = MemoryRateLimiter,
) -> AsyncIterator[Bounded]:
    limiter = make(SetClock(), MOST)

    async def kept() -> Sequence[str]:
        names = [attempt.subject for attempt in limiter.logs]
        names += ["".join(filter(None, counter)) for counter in limiter.failures]
        names += [max(known.account, known.address, key=len) for known in limiter.known]
        return names

    yield Bounded(limiter, MOST, kept)


class TestMemory(LimiterBoundsContract):
    @pytest.fixture
    async def subject(self) -> AsyncIterator[Bounded]:
        async with bounded() as subject:
            yield subject


class TestRedis(LimiterBoundsContract):
    @pytest.fixture
    async def subject(self, own_redis: ValkeyServer) -> AsyncIterator[Bounded]:
        async with beside(own_redis) as redis:
            await redis.flushall()
            limiter = RedisRateLimiter.from_url(own_redis.url)
            limiter.most = MOST

            async def kept() -> Sequence[str]:
                return [str(key) for key in await redis.keys()]

            yield Bounded(limiter, MOST, kept)
            await limiter.aclose()


class KeepsTexts(MemoryRateLimiter):
    def _log(self, attempt: Attempt, now: datetime) -> Log:  # noqa: ARG002
        return self.logs.setdefault(attempt, [])


class CutsTexts(MemoryRateLimiter):
    async def hit(self, attempts: Sequence[Attempt]) -> Sequence[Quota]:
        return await super().hit([replace(a, subject=a.subject[:64]) for a in attempts])


class KeepsAll(MemoryRateLimiter):
    def __init__(self, clock: Clock, most: int) -> None:
        super().__init__(clock, 1000 * most)


class ForgetsTooSoon(MemoryRateLimiter):
    async def begin(self, trial: Trial, backoff: Backoff) -> timedelta:
        while 2 * len(self.failures) > self.most:
            self.failures.popitem(last=False)
        return await super().begin(trial, backoff)


BROKEN: Mapping[type[MemoryRateLimiter], set[str]] = {
    MemoryRateLimiter: set(),
    KeepsTexts: {"what_is_kept_of_a_text_is_short"},
    CutsTexts: {"long_texts_are_told_apart"},
    KeepsAll: {"what_is_kept_is_so_much_and_no_more"},
    ForgetsTooSoon: {
        "what_is_kept_is_so_much_and_no_more",
        "a_crowd_of_others_frees_nobody_who_is_at_it",
    },
}


@pytest.mark.parametrize(("make", "laws"), BROKEN.items())
async def test_a_broken_limiter_is_caught_by_the_laws_it_breaks(
    make: type[MemoryRateLimiter], laws: set[str]
) -> None:
    broken = await broken_laws(LimiterBoundsContract, partial(bounded, make))

    assert {f"test_{law}" for law in laws} == broken


def test_every_law_can_fail() -> None:
    caught = {f"test_{law}" for laws in BROKEN.values() for law in laws}

    assert set(LimiterBoundsContract.laws()) == caught


async def test_whoever_is_counted_most_outlives_any_crowd_in_memory() -> None:
    limiter = MemoryRateLimiter(SetClock(), MOST)
    victim = Trial("ada@example.com", "192.0.2.1")
    for _ in range(3):
        await limiter.begin(victim, BACKOFF)

    for number in range(20 * MOST):
        await limiter.begin(Trial(f"{number}", "192.0.2.1"), BACKOFF)

    assert await limiter.begin(victim, BACKOFF)
    assert MOST == len(limiter.failures)
