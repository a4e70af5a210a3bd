"""Limits that hold across replicas while they can, and in each replica where they can't."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from core import errors
from core.model import Attempt, Backoff, Quota, Trial
from core.ports import Metrics, RateLimiter

T = TypeVar("T")

log = logging.getLogger(__name__)

TOLERANCE = timedelta(seconds=1)
"""Who would wait less is let go on: the two limiters measure windows by their own clocks."""

MOST_OWED = 1000


@dataclass(slots=True)
class FallbackRateLimiter(RateLimiter):
    """
    Asks the shared limiter, and while that does not answer, the one of this process.

    The first call without an answer is answered by ours, and so are all others until a
    ``ping`` finds the shared one well again: no call waits for it in vain but those under
    way. Somebody has to ping, every second or so.

    Ours counts all the time what goes on here, so that neither an outage nor a shared
    limiter that comes back without its memory lets anybody begin anew. What it was to
    forget meanwhile, it is told when it is back.
    """

    shared: RateLimiter
    ours: RateLimiter
    metrics: Metrics
    counts_together: bool = True
    owed: dict[str, None] = field(default_factory=dict, init=False, repr=False)
    """Accounts, oldest first, whose failures the shared one has yet to forget."""

    async def hit(self, attempts: Sequence[Attempt]) -> Sequence[Quota]:
        told = await self._ask(lambda shared: shared.hit(attempts))
        if told is None:
            return await self.ours.hit(attempts)
        if not all(quota.allowed for quota in told):
            return told
        known = await self.ours.hit(attempts)
        over = [quota.reset for quota in known if not quota.allowed]
        return known if max(over, default=TOLERANCE) > TOLERANCE else told

    async def begin(self, trial: Trial, backoff: Backoff) -> timedelta:
        told = await self._ask(lambda shared: shared.begin(trial, backoff))
        if told:
            return told
        # Whom the account knows, another replica may have heard: ours has no say here.
        known = await self.ours.begin(trial, backoff)
        return known if told is None else told

    async def settle(self, trial: Trial, backoff: Backoff, *, proven: bool) -> None:
        await self._ask(lambda shared: shared.settle(trial, backoff, proven=proven))
        await self.ours.settle(trial, backoff, proven=proven)

    async def delay(self, account: str, backoff: Backoff) -> timedelta:
        told = await self._ask(lambda shared: shared.delay(account, backoff))
        return await self.ours.delay(account, backoff) if told is None else told

    async def forget(self, account: str) -> None:
        await self.ours.forget(account)
        if not await self._is_forgotten(account):
            self.owed[account] = None
            while len(self.owed) > MOST_OWED:
                del self.owed[next(iter(self.owed))]

    async def ping(self) -> None:
        try:
            await self.shared.ping()
            await self._make_good()
        except errors.Unavailable as error:
            self._lose(error)
            raise
        if not self.counts_together:
            log.info("Limits are counted across replicas again")
        self.counts_together = True
        self.metrics.set("redis_up", 1)

    async def aclose(self) -> None:
        await self.shared.aclose()
        await self.ours.aclose()

    async def _is_forgotten(self, account: str) -> bool:
        async def question(shared: RateLimiter) -> bool:
            await shared.forget(account)
            return True

        return bool(await self._ask(question))

    async def _make_good(self) -> None:
        for account in [*self.owed]:
            await self.shared.forget(account)
            self.owed.pop(account, None)

    async def _ask(self, question: Callable[[RateLimiter], Awaitable[T]]) -> T | None:
        """Return what the shared limiter answers, None if it does not."""
        if self.counts_together:
            try:
                return await question(self.shared)
            except errors.Unavailable as error:
                self._lose(error)
        self.metrics.count("rate_limit_fallbacks")
        return None

    def _lose(self, error: errors.Unavailable) -> None:
        if self.counts_together:
            log.warning(
                "Redis does not answer: counting limits in this process",
                extra={"reason": error.reason},
            )
        self.counts_together = False
        self.metrics.set("redis_up", 0)
