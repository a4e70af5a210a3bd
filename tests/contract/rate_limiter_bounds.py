from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from core.model import Attempt, Backoff, Limit, Trial
from core.ports import RateLimiter
from tests.contract.base import Contract

NOTHING = timedelta(0)
HOUR = timedelta(hours=1)
LIMIT = Limit("mails/hour", 5, HOUR)
BACKOFF = Backoff(free=2, first=HOUR, longest=HOUR)
LONG = "\ufdfa" * 6000
"""What a stranger may make of an address: 18 KB."""

KINDS = 3
"""Attempts, failures and known addresses; a list of each may stand beside them."""

LONGEST = 128


@dataclass(frozen=True)
class Bounded:
    """A limiter that is to keep ``most`` of each kind, and what it keeps."""

    limiter: RateLimiter
    most: int
    kept: Callable[[], Awaitable[Sequence[str]]]
    """Everything that names a subject, an account or an address, as text."""


class LimiterBoundsContract(Contract):
    """What a ``RateLimiter`` keeps of what strangers write."""

    async def test_what_is_kept_of_a_text_is_short(self, subject: Bounded) -> None:
        await use(subject.limiter, LONG)

        kept = await subject.kept()
        assert len(kept) >= KINDS
        assert max(map(len, kept)) <= LONGEST

    async def test_what_is_kept_is_so_much_and_no_more(self, subject: Bounded) -> None:
        for number in range(4 * subject.most):
            await use(subject.limiter, f"{number}@example.com")

        kept = len(await subject.kept())
        assert KINDS * subject.most <= kept <= KINDS * (subject.most + 1)

    async def test_long_texts_are_told_apart(self, subject: Bounded) -> None:
        for text in (f"{LONG}a", f"{LONG}b"):
            for _ in range(LIMIT.quota):
                assert await allowed(subject.limiter, text)
            assert not await allowed(subject.limiter, text)

    async def test_a_crowd_of_others_frees_nobody_who_is_at_it(
        self, subject: Bounded
    ) -> None:
        victim = Trial("ada@example.com", "192.0.2.1")
        for _ in range(3):
            await subject.limiter.begin(victim, BACKOFF)

        for number in range(subject.most - 2):
            await subject.limiter.begin(Trial(f"{number}", "192.0.2.1"), BACKOFF)

        assert NOTHING < await subject.limiter.begin(victim, BACKOFF)


async def use(limiter: RateLimiter, text: str) -> None:
    """Leave something of every kind behind."""
    await allowed(limiter, text)
    await limiter.begin(Trial(text, f"known to {text}"), BACKOFF)
    await limiter.settle(Trial(text, f"known to {text}"), BACKOFF, proven=True)
    await limiter.begin(Trial(text, text), BACKOFF)


async def allowed(limiter: RateLimiter, text: str) -> bool:
    (quota,) = await limiter.hit([Attempt(LIMIT, text)])
    return quota.allowed
