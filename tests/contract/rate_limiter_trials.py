import asyncio
import time
from dataclasses import replace
from datetime import timedelta

from core.model import Backoff, Trial
from core.ports import RateLimiter
from tests.contract.base import Contract

MINUTE = timedelta(minutes=1)
SHORT = timedelta(milliseconds=200)
NOTHING = timedelta(0)
ROUNDING = timedelta(milliseconds=2)
"""Clocks are exact to the millisecond, and two are compared here."""

HOME = "203.0.113.7"
ELSEWHERE = "198.51.100.1"
LONG = Backoff(free=2, first=MINUTE, longest=MINUTE)

ACCOUNTS = (
    *("ada", "Ada", " ada", "ada ", "", "*", "a*", "é", "e\u0301", "ada@example.com"),
    *("{ada}", "ada:", ":ada", "ada\n", "ada\0", "a'b", 'a"b', "a\\b", "\ud800"),
    *("x" * 1000, "x" * 999 + "y", "🐎", "$1", "%s", "ada ada"),
)


class TrialLaws(Contract):
    """The laws of ``begin`` and ``settle``; tests wait in real time, by the limiter's clock."""

    async def test_whoever_counts_answers(self, subject: RateLimiter) -> None:
        await subject.ping()

    async def test_trials_go_on_until_there_is_a_delay(
        self, subject: RateLimiter
    ) -> None:
        waits = [await begin(subject, LONG) for _ in range(5)]

        assert [True, True, True, False, False] == [wait == NOTHING for wait in waits]
        assert all(wait <= MINUTE for wait in waits)

    async def test_the_delay_doubles_up_to_the_longest(
        self, subject: RateLimiter
    ) -> None:
        backoff = Backoff(free=1, first=SHORT, longest=3 * SHORT)
        await begin(subject, backoff)

        for delay in (1, 2, 3):
            began = time.monotonic()
            assert NOTHING == await begin(subject, backoff)
            wait = await begin(subject, backoff)
            passed = timedelta(seconds=time.monotonic() - began)
            assert delay * SHORT - passed - ROUNDING <= wait <= delay * SHORT
            await asyncio.sleep((wait + ROUNDING).total_seconds())

    async def test_a_trial_that_has_to_wait_counts_nothing(
        self, subject: RateLimiter
    ) -> None:
        backoff = Backoff(free=0, first=SHORT, longest=MINUTE)
        await begin(subject, backoff)

        refusals = [await begin(subject, backoff) for _ in range(9)]
        await asyncio.sleep((SHORT + ROUNDING).total_seconds())

        assert refusals == sorted(refusals, reverse=True)
        assert NOTHING == await begin(subject, backoff)
        assert await begin(subject, backoff) <= 2 * SHORT

    async def test_of_200_trials_at_one_moment_those_without_delay_go_on(
        self, subject: RateLimiter
    ) -> None:
        backoff = replace(LONG, free=30)

        waits = await asyncio.gather(*(begin(subject, backoff) for _ in range(200)))

        assert 31 == waits.count(NOTHING)

    async def test_accounts_have_nothing_to_do_with_each_other(
        self, subject: RateLimiter
    ) -> None:
        once = replace(LONG, free=0)

        first = [await begin(subject, once, account=name) for name in ACCOUNTS]
        second = [await begin(subject, once, account=name) for name in ACCOUNTS]

        assert [NOTHING] * len(ACCOUNTS) == first
        assert NOTHING not in second

    async def test_addresses_that_are_not_known_share_one_count(
        self, subject: RateLimiter
    ) -> None:
        waits = [await begin(subject, LONG, f"192.0.2.{n}") for n in range(4)]

        assert [True, True, True, False] == [wait == NOTHING for wait in waits]

    async def test_a_proven_trial_begins_the_count_anew(
        self, subject: RateLimiter
    ) -> None:
        for _ in range(2):
            await fail(subject, LONG, times=2)
            await prove(subject, LONG)

        assert [True] * 3 + [False] == await tries(subject, LONG, ELSEWHERE, count=4)
        assert [True] * 3 + [False] == await tries(subject, LONG, HOME, count=4)

    async def test_nobody_elsewhere_locks_a_known_address_out(
        self, subject: RateLimiter
    ) -> None:
        await prove(subject, LONG)

        elsewhere = await tries(subject, LONG, ELSEWHERE, count=5)

        assert [True] * 3 + [False] * 2 == elsewhere
        assert [True] * 3 + [False] == await tries(subject, LONG, HOME, count=4)

    async def test_a_known_address_does_not_free_the_others(
        self, subject: RateLimiter
    ) -> None:
        await prove(subject, LONG)
        await fail(subject, LONG, ELSEWHERE, times=3)

        await prove(subject, LONG)

        assert NOTHING < await begin(subject, LONG, ELSEWHERE)

    async def test_failures_of_a_known_address_are_its_own(
        self, subject: RateLimiter
    ) -> None:
        await prove(subject, LONG, HOME)
        await prove(subject, LONG, "192.0.2.1")

        await fail(subject, LONG, HOME, times=3)

        assert NOTHING == await begin(subject, LONG, "192.0.2.1")
        assert NOTHING == await begin(subject, LONG, ELSEWHERE)

    async def test_an_address_is_known_to_one_account_only(
        self, subject: RateLimiter
    ) -> None:
        await prove(subject, LONG, account="bea")

        await fail(subject, LONG, ELSEWHERE, times=3)

        assert NOTHING < await begin(subject, LONG, HOME)

    async def test_accounts_and_addresses_are_not_run_together(
        self, subject: RateLimiter
    ) -> None:
        for sign in (*":;,.-_/|#@ ", "::", "\0", "\n"):
            account, address = f"a{sign}b", "c"
            await prove(subject, LONG, f"b{sign}c", account="a")
            await fail(subject, LONG, ELSEWHERE, account=account, times=3)

            assert NOTHING < await begin(subject, LONG, address, account=account)

    async def test_only_a_proven_trial_makes_its_address_known(
        self, subject: RateLimiter
    ) -> None:
        await begin(subject, LONG, HOME)
        await settle(subject, LONG, HOME, proven=False)

        await fail(subject, LONG, ELSEWHERE, times=3)

        assert NOTHING < await begin(subject, LONG, HOME)

    async def test_a_trial_that_came_to_nothing_takes_back_itself_alone(
        self, subject: RateLimiter
    ) -> None:
        await fail(subject, LONG, times=3)

        await settle(subject, LONG, proven=False)

        assert [True, False] == await tries(subject, LONG, count=2)

    async def test_what_is_taken_back_puts_nothing_off(
        self, subject: RateLimiter
    ) -> None:
        backoff = Backoff(free=0, first=SHORT, longest=MINUTE)
        await begin(subject, backoff)
        await asyncio.sleep((SHORT + ROUNDING).total_seconds())

        await begin(subject, backoff)
        await settle(subject, backoff, proven=False)

        assert NOTHING == await begin(subject, backoff)

    async def test_taking_back_what_is_not_there_earns_nothing(
        self, subject: RateLimiter
    ) -> None:
        for _ in range(3):
            await settle(subject, LONG, proven=False)

        assert [True] * 3 + [False] == await tries(subject, LONG, count=4)

    async def test_racers_that_came_to_nothing_leave_nothing_behind(
        self, subject: RateLimiter
    ) -> None:
        backoff = replace(LONG, free=50)

        async def withdraw() -> None:
            await begin(subject, backoff)
            await settle(subject, backoff, proven=False)

        await asyncio.gather(*(withdraw() for _ in range(50)))
        waits = await asyncio.gather(*(begin(subject, backoff) for _ in range(100)))

        assert 51 == waits.count(NOTHING)

    async def test_failures_are_forgotten_in_time(self, subject: RateLimiter) -> None:
        backoff = replace(LONG, memory=2 * SHORT)
        await fail(subject, backoff, times=3)

        await asyncio.sleep((2 * SHORT + ROUNDING).total_seconds())

        assert [True] * 3 + [False] == await tries(subject, backoff, count=4)

    async def test_failures_are_remembered_until_the_latest_is_forgotten(
        self, subject: RateLimiter
    ) -> None:
        backoff = replace(LONG, free=1, memory=5 * SHORT)

        await begin(subject, backoff)
        await asyncio.sleep(0.6)
        await begin(subject, backoff)
        await asyncio.sleep(0.6)

        assert NOTHING < await begin(subject, backoff)

    async def test_an_address_is_known_for_as_long_as_it_is_trusted(
        self, subject: RateLimiter
    ) -> None:
        backoff = replace(LONG, trust=5 * SHORT)
        await prove(subject, backoff)
        await fail(subject, backoff, ELSEWHERE, times=3)

        await asyncio.sleep(0.6)
        await prove(subject, backoff)
        await asyncio.sleep(0.6)
        renewed = await begin(subject, backoff, HOME)
        await asyncio.sleep((5 * SHORT + ROUNDING).total_seconds() - 0.6)

        assert NOTHING == renewed
        assert NOTHING < await begin(subject, backoff, HOME)


async def begin(
    limiter: RateLimiter, backoff: Backoff, address: str = HOME, account: str = "ada"
) -> timedelta:
    return await limiter.begin(Trial(account, address), backoff)


async def settle(
    limiter: RateLimiter,
    backoff: Backoff,
    address: str = HOME,
    account: str = "ada",
    *,
    proven: bool,
) -> None:
    await limiter.settle(Trial(account, address), backoff, proven=proven)


async def tries(
    limiter: RateLimiter, backoff: Backoff, address: str = HOME, *, count: int
) -> list[bool]:
    """Begin so many trials; tell which of them went on."""
    waits = [await begin(limiter, backoff, address) for _ in range(count)]
    return [wait == NOTHING for wait in waits]


async def fail(
    limiter: RateLimiter,
    backoff: Backoff,
    address: str = HOME,
    account: str = "ada",
    *,
    times: int,
) -> None:
    waits = [await begin(limiter, backoff, address, account) for _ in range(times)]
    assert [NOTHING] * times == waits


async def prove(
    limiter: RateLimiter, backoff: Backoff, address: str = HOME, account: str = "ada"
) -> None:
    assert NOTHING == await begin(limiter, backoff, address, account)
    await settle(limiter, backoff, address, account, proven=True)
