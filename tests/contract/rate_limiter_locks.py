import asyncio
from dataclasses import replace
from datetime import timedelta

from core.model import Attempt, Backoff, Limit
from core.ports import RateLimiter
from tests.contract.base import Contract
from tests.contract.rate_limiter_trials import (
    ACCOUNTS,
    ELSEWHERE,
    HOME,
    LONG,
    MINUTE,
    NOTHING,
    ROUNDING,
    SHORT,
    begin,
    fail,
    prove,
    tries,
)

ONCE = replace(LONG, free=0)


class LockLaws(Contract):
    """The laws of ``delay`` and ``forget``."""

    async def test_the_delay_told_is_what_a_trial_from_elsewhere_has_to_wait(
        self, subject: RateLimiter
    ) -> None:
        await fail(subject, LONG, times=2)
        free = await subject.delay("ada", LONG)
        await fail(subject, LONG, times=1)

        told = await subject.delay("ada", LONG)
        waited = await begin(subject, LONG, ELSEWHERE)

        assert NOTHING == free
        assert NOTHING < waited <= told <= MINUTE

    async def test_a_delay_that_is_over_is_none(self, subject: RateLimiter) -> None:
        backoff = Backoff(free=0, first=SHORT, longest=MINUTE)
        await fail(subject, backoff, times=1)
        told = await subject.delay("ada", backoff)

        await asyncio.sleep((SHORT + ROUNDING).total_seconds())

        assert NOTHING < told <= SHORT
        assert NOTHING == await subject.delay("ada", backoff)

    async def test_to_ask_for_the_delay_counts_nothing(
        self, subject: RateLimiter
    ) -> None:
        for _ in range(9):
            await subject.delay("ada", LONG)

        assert [True] * 3 + [False] == await tries(subject, LONG, count=4)

    async def test_failures_of_a_known_address_are_no_delay_of_the_account(
        self, subject: RateLimiter
    ) -> None:
        await prove(subject, LONG, HOME)
        await fail(subject, LONG, HOME, times=3)

        assert NOTHING == await subject.delay("ada", LONG)

    async def test_the_delay_of_one_account_is_nobody_elses(
        self, subject: RateLimiter
    ) -> None:
        for account in ACCOUNTS:
            assert NOTHING == await subject.delay(account, ONCE)
            await fail(subject, ONCE, account=account, times=1)
            assert NOTHING < await subject.delay(account, ONCE)

    async def test_what_is_forgotten_delays_nobody_wherever_it_came_from(
        self, subject: RateLimiter
    ) -> None:
        known = (HOME, "192.0.2.1", "192.0.2.2")
        for address in known:
            await prove(subject, LONG, address)
        for address in (*known, ELSEWHERE):
            await fail(subject, LONG, address, times=3)

        await subject.forget("ada")

        assert NOTHING == await subject.delay("ada", LONG)
        for address in (*known, ELSEWHERE):
            assert [True] * 3 + [False] == await tries(subject, LONG, address, count=4)

    async def test_failures_are_forgotten_again_and_again(
        self, subject: RateLimiter
    ) -> None:
        await prove(subject, LONG)
        for _ in range(3):
            for address in (HOME, ELSEWHERE):
                await fail(subject, LONG, address, times=3)
            await subject.forget("ada")

        assert NOTHING == await begin(subject, LONG, HOME)
        assert NOTHING == await begin(subject, LONG, ELSEWHERE)

    async def test_known_addresses_stay_known_when_failures_are_forgotten(
        self, subject: RateLimiter
    ) -> None:
        await prove(subject, LONG, HOME)
        await fail(subject, LONG, HOME, times=3)

        await subject.forget("ada")
        await fail(subject, LONG, ELSEWHERE, times=3)

        assert NOTHING == await begin(subject, LONG, HOME)

    async def test_failures_of_one_account_are_forgotten_alone(
        self, subject: RateLimiter
    ) -> None:
        for account in ACCOUNTS:
            await prove(subject, ONCE, account=account)
            await fail(subject, ONCE, HOME, account=account, times=1)
            await fail(subject, ONCE, ELSEWHERE, account=account, times=1)

        for number, account in enumerate(ACCOUNTS):
            for other in ACCOUNTS[number:]:
                assert NOTHING < await subject.delay(other, ONCE)
            assert NOTHING < await begin(subject, ONCE, HOME, account)
            await subject.forget(account)
            assert NOTHING == await subject.delay(account, ONCE)
            assert NOTHING == await begin(subject, ONCE, HOME, account)

    async def test_attempts_stay_counted_when_failures_are_forgotten(
        self, subject: RateLimiter
    ) -> None:
        attempt = Attempt(Limit("log-in", 1, timedelta(minutes=1)), "ada")
        await subject.hit([attempt])

        await subject.forget("ada")
        (quota,) = await subject.hit([attempt])

        assert not quota.allowed
