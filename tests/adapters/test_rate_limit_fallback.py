import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from adapters.metrics.prometheus import PrometheusMetrics
from adapters.rate_limit.fallback import MOST_OWED, TOLERANCE, FallbackRateLimiter
from adapters.rate_limit.memory import MemoryRateLimiter
from adapters.system import SystemClock
from core.errors import Unavailable
from core.model import Attempt, Backoff, Limit, Quota, Trial
from core.ports import RateLimiter
from tests.contract.rate_limiter import RateLimiterContract, hit
from tests.doubles import SetClock

MINUTE = timedelta(minutes=1)
NOTHING = timedelta(0)
LIMIT = Limit("log-in", 2, MINUTE)
BACKOFF = Backoff(free=0, first=MINUTE, longest=MINUTE)
ADA = Trial("ada", "home")


class Shared(MemoryRateLimiter):
    """Elsewhere, so that it may be away."""

    is_away = False
    calls = 0
    closed = 0

    async def hit(self, attempts: Sequence[Attempt]) -> Sequence[Quota]:
        await self._reach()
        return await super().hit(attempts)

    async def begin(self, trial: Trial, backoff: Backoff) -> timedelta:
        await self._reach()
        return await super().begin(trial, backoff)

    async def settle(self, trial: Trial, backoff: Backoff, *, proven: bool) -> None:
        await self._reach()
        await super().settle(trial, backoff, proven=proven)

    async def delay(self, account: str, backoff: Backoff) -> timedelta:
        await self._reach()
        return await super().delay(account, backoff)

    async def forget(self, account: str) -> None:
        await self._reach()
        await super().forget(account)

    async def ping(self) -> None:
        await self._reach()

    async def aclose(self) -> None:
        self.closed += 1

    async def _reach(self) -> None:
        self.calls += 1
        await asyncio.sleep(0)
        if self.is_away:
            raise Unavailable from ConnectionError("refused")


@dataclass(slots=True)
class World:
    """A limiter and what is around it."""

    clock: SetClock = field(default_factory=SetClock)
    metrics: PrometheusMetrics = field(default_factory=PrometheusMetrics)
    shared: Shared = field(init=False)
    limiter: FallbackRateLimiter = field(init=False)

    def __post_init__(self) -> None:
        self.shared = Shared(self.clock)
        ours = MemoryRateLimiter(self.clock)
        self.limiter = FallbackRateLimiter(self.shared, ours, self.metrics)

    def figure(self, name: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"scribes_{name}")

    async def tries(self, count: int) -> list[bool]:
        return [(await hit(self.limiter, LIMIT)).allowed for _ in range(count)]


@pytest.fixture
def world() -> World:
    return World()


class Deaf(Shared):
    """Answers nothing but a ping."""

    is_away = True

    async def ping(self) -> None:
        return


class TestWithoutTheSharedOne(RateLimiterContract):
    @pytest.fixture
    def subject(self) -> RateLimiter:
        clock = SystemClock()
        ours = MemoryRateLimiter(clock)
        return FallbackRateLimiter(Deaf(clock), ours, PrometheusMetrics())


async def test_the_shared_one_counts_while_it_answers(world: World) -> None:
    beside = FallbackRateLimiter(
        world.shared, MemoryRateLimiter(world.clock), world.metrics
    )

    await hit(beside, LIMIT)
    await beside.begin(ADA, BACKOFF)

    assert [True, False] == await world.tries(2)
    assert MINUTE == await world.limiter.begin(ADA, BACKOFF)
    await beside.settle(ADA, BACKOFF, proven=True)
    assert NOTHING == await world.limiter.begin(ADA, BACKOFF)
    assert 0 == world.figure("rate_limit_fallbacks_total")


async def test_no_call_fails_and_the_limits_hold_when_it_goes_away(
    world: World,
) -> None:
    world.shared.is_away = True

    tries = await world.tries(4)
    waits = [await world.limiter.begin(ADA, BACKOFF) for _ in range(2)]
    await world.limiter.settle(ADA, BACKOFF, proven=True)

    assert [True, True, False, False] == tries
    assert [NOTHING, MINUTE] == waits
    assert NOTHING == await world.limiter.begin(ADA, BACKOFF)
    assert 8 == world.figure("rate_limit_fallbacks_total")


async def test_one_call_finds_out_and_the_others_do_not_ask_again(world: World) -> None:
    world.shared.is_away = True

    await world.tries(5)

    assert 1 == world.shared.calls


async def test_calls_under_way_are_answered_when_it_goes_away(world: World) -> None:
    world.shared.is_away = True

    quotas = await asyncio.gather(*(hit(world.limiter, LIMIT) for _ in range(200)))

    assert 2 == sum(quota.allowed for quota in quotas)


async def test_a_ping_brings_it_back(world: World) -> None:
    world.shared.is_away = True
    await world.tries(2)

    with pytest.raises(Unavailable):
        await world.limiter.ping()
    away = world.limiter.counts_together, world.figure("redis_up")
    world.shared.is_away = False
    still = await world.tries(1)
    await world.limiter.ping()
    world.clock.advance(MINUTE)
    back = await world.tries(3)

    assert (False, 0) == away
    assert [False] == still
    assert (True, 1) == (world.limiter.counts_together, world.figure("redis_up"))
    assert [True, True, False] == back
    assert 3 == world.figure("rate_limit_fallbacks_total")


async def test_a_ping_finds_out_before_a_call_has_to(world: World) -> None:
    world.shared.is_away = True
    with pytest.raises(Unavailable):
        await world.limiter.ping()

    await world.tries(2)

    assert 1 == world.shared.calls


async def test_going_away_again_and_again_brings_no_new_quota(world: World) -> None:
    allowed = 0
    for _ in range(10):
        world.shared.is_away = True
        allowed += sum(await world.tries(3))
        world.shared.is_away = False
        await world.limiter.ping()
        allowed += sum(await world.tries(3))

    assert 2 == allowed


async def test_an_outage_brings_no_new_quota(world: World) -> None:
    before = await world.tries(2), await world.limiter.begin(ADA, BACKOFF)
    world.shared.is_away = True

    after = await world.tries(1), await world.limiter.begin(ADA, BACKOFF)

    assert ([True, True], NOTHING) == before
    assert ([False], MINUTE) == after


async def test_whom_an_account_knew_it_knows_in_an_outage(world: World) -> None:
    await world.limiter.begin(ADA, BACKOFF)
    await world.limiter.settle(ADA, BACKOFF, proven=True)
    await world.limiter.begin(replace(ADA, address="elsewhere"), BACKOFF)
    world.shared.is_away = True

    assert NOTHING == await world.limiter.begin(ADA, BACKOFF)


async def test_a_shared_one_that_forgot_all_brings_no_new_quota(world: World) -> None:
    await world.tries(2)
    world.shared.logs.clear()

    assert [False, False] == await world.tries(2)
    world.clock.advance(MINUTE)
    assert [True, True, False] == await world.tries(3)


async def test_what_the_shared_one_refuses_is_not_counted_here(world: World) -> None:
    await world.tries(20)
    world.clock.advance(MINUTE)

    assert [True, True, False] == await world.tries(3)


async def test_clocks_that_differ_a_little_refuse_nobody(world: World) -> None:
    await world.tries(2)
    world.shared.logs.clear()  # as if its minute were over a moment sooner
    world.clock.advance(MINUTE - TOLERANCE)

    assert [True, True, False] == await world.tries(3)


async def test_only_the_shared_one_judges_who_failed_while_it_answers(
    world: World,
) -> None:
    await world.limiter.begin(ADA, BACKOFF)
    await world.shared.settle(ADA, BACKOFF, proven=True)  # by another replica

    assert NOTHING == await world.limiter.begin(ADA, BACKOFF)


async def test_the_shared_one_tells_delays_and_forgets_while_it_answers(
    world: World,
) -> None:
    await world.shared.begin(ADA, BACKOFF)  # by another replica
    told = await world.limiter.delay("ada", BACKOFF)

    await world.limiter.forget("ada")

    assert MINUTE == told
    assert NOTHING == await world.limiter.delay("ada", BACKOFF)
    assert NOTHING == await world.limiter.begin(ADA, BACKOFF)


async def test_delays_are_told_and_forgotten_in_an_outage(world: World) -> None:
    await world.limiter.begin(ADA, BACKOFF)
    world.shared.is_away = True
    told = await world.limiter.delay("ada", BACKOFF)

    await world.limiter.forget("ada")

    assert MINUTE == told
    assert NOTHING == await world.limiter.delay("ada", BACKOFF)
    assert NOTHING == await world.limiter.begin(ADA, BACKOFF)


async def test_what_is_forgotten_in_an_outage_stays_so_after_it(world: World) -> None:
    await world.limiter.begin(ADA, BACKOFF)
    world.shared.is_away = True
    await world.limiter.forget("ada")
    world.shared.is_away = False

    await world.limiter.ping()
    waits = [await world.limiter.begin(ADA, BACKOFF) for _ in range(2)]
    await world.limiter.ping()

    assert [NOTHING, MINUTE] == waits
    assert MINUTE == await world.limiter.begin(ADA, BACKOFF)


async def test_what_the_shared_one_has_to_forget_is_bounded(world: World) -> None:
    world.shared.is_away = True

    for number in range(MOST_OWED + 10):
        await world.limiter.forget(f"user {number}")

    assert MOST_OWED == len(world.limiter.owed)
    assert f"user {MOST_OWED + 9}" in world.limiter.owed


async def test_an_outage_is_told_once_and_its_end_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    world.shared.is_away = True
    await asyncio.gather(*(hit(world.limiter, LIMIT) for _ in range(20)))
    for _ in range(3):
        with pytest.raises(Unavailable):
            await world.limiter.ping()
    world.shared.is_away = False
    for _ in range(3):
        await world.limiter.ping()

    told = [
        (record.levelname, getattr(record, "reason", None)) for record in caplog.records
    ]
    assert [("WARNING", "refused"), ("INFO", None)] == told


async def test_closing_closes_the_shared_one(world: World) -> None:
    await world.limiter.aclose()

    assert 1 == world.shared.closed
