import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from core.model import Attempt, Limit, Quota
from core.ports import RateLimiter
from tests.contract.rate_limiter_locks import LockLaws
from tests.contract.rate_limiter_trials import TrialLaws

MINUTE = timedelta(minutes=1)
SHORT = timedelta(milliseconds=200)
NOTHING = timedelta(0)
ROUNDING = timedelta(milliseconds=2)
"""Clocks are exact to the millisecond, and two are compared here."""

SUBJECTS = (
    *("ada", "Ada", " ada", "ada ", "", "*", "a*", "é", "e\u0301", "203.0.113.7"),
    *("2001:db8::", "{ada}", "ada:", ":ada", "ada\n", "ada\0", "a'b", 'a"b', "a\\b"),
    *("x" * 1000, "x" * 999 + "y", "🐎", "$1", "%s", "ada ada"),
)


class RateLimiterContract(TrialLaws, LockLaws):
    """
    The laws of ``RateLimiter``.

    They hold by the limiter's own clock, whichever that is: tests wait in real time,
    and judge what they saw by when each call began and ended.
    """

    async def test_who_answered_a_ping_counts_for_all_replicas_unless_by_design_for_one(
        self, subject: RateLimiter
    ) -> None:
        before = subject.counts_together

        await subject.ping()

        assert subject.counts_together is (None if before is None else True)

    async def test_to_count_for_one_replica_by_design_never_changes(
        self, subject: RateLimiter
    ) -> None:
        limit, told = Limit("log-in", 1, MINUTE), [subject.counts_together]
        for _ in range(2):
            await hit(subject, limit)
            told.append(subject.counts_together)

        assert 1 == len({it is None for it in told})

    async def test_a_quota_is_used_up_one_by_one(self, subject: RateLimiter) -> None:
        limit = Limit("log-in", 3, MINUTE)

        quotas = [await hit(subject, limit) for _ in range(5)]

        assert [2, 1, 0, 0, 0] == [quota.remaining for quota in quotas]
        assert [True] * 3 + [False] * 2 == [quota.allowed for quota in quotas]

    async def test_each_attempt_has_its_quota_in_order(
        self, subject: RateLimiter
    ) -> None:
        limits = [Limit(f"limit {n}", n, n * MINUTE) for n in (5, 2, 9)]

        quotas = await subject.hit([Attempt(limit, "ada") for limit in limits])

        assert limits == [quota.limit for quota in quotas]
        assert [4, 1, 8] == [quota.remaining for quota in quotas]

    async def test_no_attempts_have_no_quotas(self, subject: RateLimiter) -> None:
        assert [] == list(await subject.hit([]))

    async def test_a_refusal_spends_nothing_of_any_limit(
        self, subject: RateLimiter
    ) -> None:
        full, free = Limit("full", 1, MINUTE), Limit("free", 5, MINUTE)
        await hit(subject, full)

        for limits in ([full, free], [free, full]):
            for _ in range(5):
                quotas = await subject.hit([Attempt(each, "ada") for each in limits])
                assert not all(quota.allowed for quota in quotas)

        assert 4 == (await hit(subject, free)).remaining

    async def test_a_refusal_tells_which_limit_refused(
        self, subject: RateLimiter
    ) -> None:
        full, free = Limit("full", 1, MINUTE), Limit("free", 5, MINUTE)
        await hit(subject, full)

        quotas = await subject.hit([Attempt(free, "ada"), Attempt(full, "ada")])

        assert [True, False] == [quota.allowed for quota in quotas]
        assert [5, 0] == [quota.remaining for quota in quotas]
        assert NOTHING == quotas[0].reset < quotas[1].reset

    async def test_refused_attempts_do_not_put_off_the_next(
        self, subject: RateLimiter
    ) -> None:
        history = History(subject, Limit("log-in", 1, SHORT))

        await history.hit()
        for _ in range(3):
            await asyncio.sleep(0.05)
            await history.hit()
        await asyncio.sleep(0.08)
        await history.hit()

        history.judge()

    async def test_an_attempt_made_twice_counts_twice(
        self, subject: RateLimiter
    ) -> None:
        attempt = Attempt(Limit("log-in", 3, MINUTE), "ada")

        twice = await subject.hit([attempt, attempt])
        too_much = await subject.hit([attempt, attempt])
        once = await subject.hit([attempt])

        assert [True, True] == [quota.allowed for quota in twice]
        assert not all(quota.allowed for quota in too_much)
        assert (True, 0) == (once[0].allowed, once[0].remaining)

    async def test_subjects_have_nothing_to_do_with_each_other(
        self, subject: RateLimiter
    ) -> None:
        limit = Limit("log-in", 1, MINUTE)

        first = [(await hit(subject, limit, name)).allowed for name in SUBJECTS]
        second = [(await hit(subject, limit, name)).allowed for name in SUBJECTS]

        assert [True] * len(SUBJECTS) == first
        assert [False] * len(SUBJECTS) == second

    async def test_limits_have_nothing_to_do_with_each_other(
        self, subject: RateLimiter
    ) -> None:
        one, other = Limit("log-in", 1, MINUTE), Limit("register", 1, MINUTE)

        assert (await hit(subject, one)).allowed
        assert (await hit(subject, other)).allowed
        assert not (await hit(subject, one)).allowed

    async def test_names_of_limits_and_subjects_are_not_run_together(
        self, subject: RateLimiter
    ) -> None:
        for sign in (*":;,.-_/|#@ ", "::", "\0", "\n"):
            short = Limit("a", 1, MINUTE)
            long = Limit(f"a{sign}b", 1, MINUTE)

            assert (await hit(subject, short, f"b{sign}c")).allowed
            assert (await hit(subject, long, "c")).allowed

    async def test_of_200_racers_as_many_win_as_the_quota_has(
        self, subject: RateLimiter
    ) -> None:
        limit = Limit("log-in", 50, MINUTE)

        quotas = await asyncio.gather(*(hit(subject, limit) for _ in range(200)))

        left = sorted(quota.remaining for quota in quotas if quota.allowed)
        assert list(range(50)) == left

    async def test_racers_spend_of_all_limits_or_of_none(
        self, subject: RateLimiter
    ) -> None:
        wide, narrow = Limit("wide", 50, MINUTE), Limit("narrow", 30, MINUTE)
        attempts = [Attempt(wide, "ada"), Attempt(narrow, "ada")]

        answers = await asyncio.gather(*(subject.hit(attempts) for _ in range(200)))

        winners = [quotas for quotas in answers if all(q.allowed for q in quotas)]
        assert 30 == len(winners)
        assert 19 == (await hit(subject, wide)).remaining

    async def test_a_burst_across_the_edge_of_a_window_is_refused(
        self, subject: RateLimiter
    ) -> None:
        history = History(subject, Limit("log-in", 4, SHORT))

        await history.hit()
        await asyncio.sleep(0.16)
        for _ in range(3):
            await history.hit()
        await asyncio.sleep(0.05)
        for _ in range(4):
            await history.hit()

        history.judge()

    async def test_no_window_wherever_it_begins_holds_more_than_the_quota(
        self, subject: RateLimiter
    ) -> None:
        history = History(subject, Limit("log-in", 5, SHORT))

        # Slowly at first, so that a burst would be let in where a fixed window ends.
        for gap in [0.03] * 7 + [0.003] * 70:
            await history.hit()
            await asyncio.sleep(gap)

        history.judge()

    async def test_what_is_older_than_the_window_counts_no_more(
        self, subject: RateLimiter
    ) -> None:
        limit = Limit("log-in", 3, SHORT)
        for _ in range(3):
            await hit(subject, limit)

        await asyncio.sleep((SHORT + ROUNDING).total_seconds())

        assert 2 == (await hit(subject, limit)).remaining

    async def test_reset_is_when_the_oldest_attempt_counts_no_more(
        self, subject: RateLimiter
    ) -> None:
        history = History(subject, Limit("log-in", 2, MINUTE))

        for _ in range(4):
            await history.hit()
            await asyncio.sleep(0.03)

        oldest = history.calls[0]
        for call in history.calls:
            least = MINUTE - (call.ended - oldest.began) - ROUNDING
            most = MINUTE - (call.began - oldest.ended) + ROUNDING
            assert least <= call.quota.reset <= min(most, MINUTE)

    async def test_who_waits_for_the_reset_is_allowed(
        self, subject: RateLimiter
    ) -> None:
        limit = Limit("log-in", 1, SHORT)
        await hit(subject, limit)
        refusal = await hit(subject, limit)

        await asyncio.sleep((refusal.reset + ROUNDING).total_seconds())

        assert (False, True) == (refusal.allowed, (await hit(subject, limit)).allowed)


@dataclass(frozen=True, slots=True)
class Call:
    """A call and when it was made: whatever it did, it did between the two times."""

    began: timedelta
    ended: timedelta
    quota: Quota


@dataclass(frozen=True, slots=True)
class History:
    """Calls one after another, which an exact limiter must have answered as it did."""

    limiter: RateLimiter
    limit: Limit
    calls: list[Call] = field(default_factory=list)

    async def hit(self) -> None:
        began = time.monotonic()
        quota = await hit(self.limiter, self.limit)
        ended = time.monotonic()
        self.calls.append(
            Call(timedelta(seconds=began), timedelta(seconds=ended), quota)
        )

    def judge(self) -> None:
        """Fail if a call was allowed too soon, or refused though there was room."""
        counted: list[Call] = []
        for call in self.calls:
            in_the_way = counted[-self.limit.quota :]
            is_full = len(in_the_way) == self.limit.quota
            if call.quota.allowed:
                counted.append(call)
                age = call.ended - in_the_way[0].began if is_full else MINUTE
                assert age >= self.limit.window - ROUNDING
            else:
                assert is_full
                age = call.began - in_the_way[0].ended
                assert age <= self.limit.window + ROUNDING


async def hit(limiter: RateLimiter, limit: Limit, subject: str = "ada") -> Quota:
    quotas: Sequence[Quota] = await limiter.hit([Attempt(limit, subject)])
    return quotas[0]
