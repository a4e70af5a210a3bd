import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from adapters.rate_limit.failures import Counter, Failures
from adapters.rate_limit.memory import MemoryRateLimiter
from adapters.system import SystemClock
from core.model import Attempt, Backoff, Limit, Trial
from core.ports import RateLimiter
from tests.adapters import broken_limiter as broken
from tests.adapters import broken_limiter_locks as broken_locks
from tests.contract.base import broken_laws
from tests.contract.rate_limiter import RateLimiterContract, hit
from tests.doubles import SetClock

MINUTE = timedelta(minutes=1)
NOTHING = timedelta(0)
LIMIT = Limit("log-in", 2, MINUTE)
AGES = datetime(2999, 1, 1, tzinfo=UTC)


class TestMemory(RateLimiterContract):
    @pytest.fixture
    def subject(self) -> RateLimiter:
        return MemoryRateLimiter(SystemClock())


class StandsStill(MemoryRateLimiter):
    def __init__(self, _: object) -> None:
        super().__init__(SetClock())


BREACHES: dict[type[MemoryRateLimiter], set[str]] = {
    **broken_locks.BROKEN,
    MemoryRateLimiter: set(),
    broken.SaysOthersCountApart: {
        "who_answered_a_ping_counts_for_all_replicas_unless_by_design_for_one"
    },
    broken.SaysSoOnlyOnceItHasCounted: {
        "to_count_for_one_replica_by_design_never_changes"
    },
    broken.AllowsOneMore: {
        "attempts_stay_counted_when_failures_are_forgotten",
        "a_quota_is_used_up_one_by_one",
        "each_attempt_has_its_quota_in_order",
        "a_refusal_spends_nothing_of_any_limit",
        "a_refusal_tells_which_limit_refused",
        "refused_attempts_do_not_put_off_the_next",
        "an_attempt_made_twice_counts_twice",
        "subjects_have_nothing_to_do_with_each_other",
        "limits_have_nothing_to_do_with_each_other",
        "of_200_racers_as_many_win_as_the_quota_has",
        "racers_spend_of_all_limits_or_of_none",
        "a_burst_across_the_edge_of_a_window_is_refused",
        "no_window_wherever_it_begins_holds_more_than_the_quota",
        "what_is_older_than_the_window_counts_no_more",
        "who_waits_for_the_reset_is_allowed",
    },
    broken.SaysWhatWasLeftBefore: {
        "a_quota_is_used_up_one_by_one",
        "each_attempt_has_its_quota_in_order",
        "a_refusal_spends_nothing_of_any_limit",
        "a_refusal_tells_which_limit_refused",
        "an_attempt_made_twice_counts_twice",
        "of_200_racers_as_many_win_as_the_quota_has",
        "racers_spend_of_all_limits_or_of_none",
        "what_is_older_than_the_window_counts_no_more",
    },
    broken.SortsQuotas: {
        "each_attempt_has_its_quota_in_order",
        "a_refusal_tells_which_limit_refused",
    },
    broken.ChokesOnNothing: {"no_attempts_have_no_quotas"},
    broken.BlamesEveryLimit: {"a_refusal_tells_which_limit_refused"},
    broken.TakesLimitByLimit: {
        "a_refusal_spends_nothing_of_any_limit",
        "a_refusal_tells_which_limit_refused",
        "an_attempt_made_twice_counts_twice",
        "racers_spend_of_all_limits_or_of_none",
    },
    broken.SpendsOnRefusal: {
        "a_refusal_spends_nothing_of_any_limit",
        "an_attempt_made_twice_counts_twice",
        "no_window_wherever_it_begins_holds_more_than_the_quota",
        "racers_spend_of_all_limits_or_of_none",
        "refused_attempts_do_not_put_off_the_next",
    },
    broken.CountsTwinsOnce: {"an_attempt_made_twice_counts_twice"},
    broken.FoldsSubjects: {"subjects_have_nothing_to_do_with_each_other"},
    broken.SharesSubjects: {
        "limits_have_nothing_to_do_with_each_other",
        "names_of_limits_and_subjects_are_not_run_together",
    },
    broken.RunsNamesTogether: {"names_of_limits_and_subjects_are_not_run_together"},
    broken.WritesWhatItReadBefore: {
        "of_200_racers_as_many_win_as_the_quota_has",
        "racers_spend_of_all_limits_or_of_none",
    },
    broken.CountsInFixedWindows: {
        "a_burst_across_the_edge_of_a_window_is_refused",
        "no_window_wherever_it_begins_holds_more_than_the_quota",
    },
    broken.LeaksSteadily: {
        "a_burst_across_the_edge_of_a_window_is_refused",
        "no_window_wherever_it_begins_holds_more_than_the_quota",
        "reset_is_when_the_oldest_attempt_counts_no_more",
    },
    StandsStill: {
        "a_delay_that_is_over_is_none",
        "a_burst_across_the_edge_of_a_window_is_refused",
        "no_window_wherever_it_begins_holds_more_than_the_quota",
        "refused_attempts_do_not_put_off_the_next",
        "reset_is_when_the_oldest_attempt_counts_no_more",
        "what_is_older_than_the_window_counts_no_more",
        "who_waits_for_the_reset_is_allowed",
        "a_trial_that_has_to_wait_counts_nothing",
        "an_address_is_known_for_as_long_as_it_is_trusted",
        "failures_are_forgotten_in_time",
        "the_delay_doubles_up_to_the_longest",
    },
    broken.TellsTheWholeWindow: {
        "a_refusal_tells_which_limit_refused",
        "reset_is_when_the_oldest_attempt_counts_no_more",
    },
    broken.TellsAQuarterOfTheTime: {
        "reset_is_when_the_oldest_attempt_counts_no_more",
        "who_waits_for_the_reset_is_allowed",
    },
}


async def test_a_broken_limiter_is_caught_by_the_laws_it_breaks() -> None:
    expected = {
        make: {f"test_{law}" for law in laws} for make, laws in BREACHES.items()
    }

    # All at once, since they spend their time waiting.
    found = await asyncio.gather(*(caught(*each) for each in expected.items()))

    assert expected == dict(zip(expected, found, strict=True))


def test_every_law_can_fail() -> None:
    caught = {f"test_{law}" for laws in BREACHES.values() for law in laws}

    assert set(RateLimiterContract.laws()) == caught


async def test_an_attempt_counts_for_exactly_its_window() -> None:
    clock = SetClock()
    limiter = MemoryRateLimiter(clock)
    one = Limit("log-in", 1, MINUTE)
    await hit(limiter, one)

    clock.advance(MINUTE - timedelta(milliseconds=1))
    refusal = await hit(limiter, one)
    clock.advance(timedelta(milliseconds=1))
    quota = await hit(limiter, one)

    assert (False, timedelta(milliseconds=1)) == (refusal.allowed, refusal.reset)
    assert (True, MINUTE) == (quota.allowed, quota.reset)


async def test_a_clock_set_back_neither_unlocks_nor_locks_for_longer() -> None:
    clock = SetClock()
    limiter = MemoryRateLimiter(clock)
    await hit(limiter, LIMIT)
    await hit(limiter, LIMIT)

    clock.advance(-timedelta(days=1))
    refusal = await hit(limiter, LIMIT)
    clock.advance(timedelta(seconds=59))
    still = await hit(limiter, LIMIT)
    clock.advance(timedelta(seconds=1))

    assert (False, MINUTE) == (refusal.allowed, refusal.reset)
    assert (False, timedelta(seconds=1)) == (still.allowed, still.reset)
    assert (await hit(limiter, LIMIT)).allowed


async def test_subjects_that_do_not_come_back_are_forgotten() -> None:
    clock = SetClock()
    limiter = MemoryRateLimiter(clock)
    per_window, steps = 300, 20
    sizes = []

    for number in range(per_window * steps):
        await hit(limiter, LIMIT, f"subject {number}")
        clock.advance(MINUTE / per_window)
        sizes.append(len(limiter.logs))

    assert max(sizes) <= 2 * per_window + 2
    assert min(sizes[per_window:]) >= per_window - 1


async def test_failures_and_addresses_that_do_not_come_back_are_forgotten() -> None:
    clock = SetClock()
    limiter = MemoryRateLimiter(clock)
    backoff = Backoff(memory=MINUTE, trust=MINUTE)
    per_window, steps = 300, 10
    sizes = []

    for number in range(per_window * steps):
        proven, failed = Trial(f"user {number}", "a"), Trial(f"user {number}", "b")
        await limiter.begin(proven, backoff)
        await limiter.settle(proven, backoff, proven=True)
        await limiter.begin(failed, backoff)
        clock.advance(MINUTE / per_window)
        sizes.append((len(limiter.failures), len(limiter.known)))

    assert max(failures for failures, _ in sizes) <= 2 * per_window + 4
    assert max(known for _, known in sizes) <= 2 * per_window + 4
    assert min(sizes[per_window:]) >= (per_window - 1, per_window - 1)


async def test_an_account_that_is_attacked_for_long_takes_no_more_room() -> None:
    clock = SetClock()
    limiter = MemoryRateLimiter(clock)
    backoff = Backoff()
    trial = Trial("ada", "a")

    for _ in range(1000):
        await limiter.begin(trial, backoff)
        clock.advance(backoff.longest)
    (failures,) = limiter.failures.values()
    await limiter.begin(trial, backoff)
    await limiter.settle(trial, backoff, proven=False)
    await limiter.settle(trial, backoff, proven=False)

    assert len(failures.times) < 50
    assert NOTHING == await limiter.begin(trial, backoff)
    assert backoff.longest == await limiter.begin(trial, backoff)


async def test_a_clock_set_back_neither_ends_nor_lengthens_a_delay() -> None:
    clock = SetClock()
    limiter = MemoryRateLimiter(clock)
    backoff = Backoff(free=0, first=MINUTE, longest=MINUTE)
    trial = Trial("ada", "a")
    await limiter.begin(trial, backoff)

    clock.advance(-timedelta(days=1))
    wait = await limiter.begin(trial, backoff)
    clock.advance(MINUTE)

    assert MINUTE == wait
    assert NOTHING == await limiter.begin(trial, backoff)


async def test_to_forget_an_account_takes_no_look_at_all_others() -> None:
    limiter = MemoryRateLimiter(SetClock(), most=100_000)
    others = {
        (f"user {number}", address): Failures([limiter.clock.now()], AGES)
        for number in range(50_000)
        for address in (None, "home")
    }
    limiter.failures.update(others)

    began = time.perf_counter()
    for number in range(1000):
        await limiter.forget(f"user {number}")

    assert time.perf_counter() - began < 1.0
    assert 98_000 == len(limiter.failures)


async def test_what_leads_to_failures_goes_with_them() -> None:
    clock = SetClock()
    limiter = MemoryRateLimiter(clock, most=20)
    backoff = Backoff(free=9, memory=MINUTE)

    for number in range(300):
        trial = Trial(f"user {number % 40}", f"home {number % 3}")
        await limiter.begin(trial, backoff)
        await limiter.settle(trial, backoff, proven=number % 4 > 0)
        await limiter.begin(trial, backoff)
        await limiter.forget(f"user {number % 7}")
        clock.advance(MINUTE / 50)

        listed = set[Counter]().union(*limiter.failures.known.values())
        assert {it for it in limiter.failures if it[1] is not None} == listed
        assert all(limiter.failures.known.values())


async def test_refused_subjects_leave_nothing_behind() -> None:
    limiter = MemoryRateLimiter(SetClock())
    full = Attempt(Limit("all", 0, MINUTE), "all")

    for number in range(1000):
        await limiter.hit([full, Attempt(LIMIT, f"subject {number}")])

    assert len(limiter.logs) <= 10


def fresh(
    make: type[MemoryRateLimiter],
) -> Callable[[], AbstractAsyncContextManager[RateLimiter]]:
    @asynccontextmanager
    async def subject() -> AsyncIterator[RateLimiter]:
        yield make(SystemClock())

    return subject


async def caught(make: type[MemoryRateLimiter], expected: set[str]) -> set[str]:
    # A machine that stands still for a window's length hides what is wrong.
    for _ in range(3):
        found = await broken_laws(RateLimiterContract, fresh(make))
        if found == expected:
            break
    return found
