"""Limits that hold across replicas while they can, and in each replica where they can't."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from core import errors
from core.model import Attempt, Backoff, Quota, Trial
from core.ports import Metrics, RateLimiter

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(slots=True)
class SteadyRateLimiter(RateLimiter):
    """
    Asks the shared limiter, and while that does not answer, the one of this process.

    The first call without an answer is answered by ours, and so are all others until a
    ``ping`` finds the shared one well again: no call waits for it in vain but those under
    way. Somebody has to ping, every second or so.
    """

    shared: RateLimiter
    ours: RateLimiter
    metrics: Metrics
    connected: bool = True
    """Whether the shared limiter counts."""

    async def hit(self, attempts: Sequence[Attempt]) -> Sequence[Quota]:
        return await self._ask(lambda limiter: limiter.hit(attempts))

    async def begin(self, trial: Trial, backoff: Backoff) -> timedelta:
        return await self._ask(lambda limiter: limiter.begin(trial, backoff))

    async def settle(self, trial: Trial, backoff: Backoff, *, proven: bool) -> None:
        await self._ask(lambda limiter: limiter.settle(trial, backoff, proven=proven))

    async def ping(self) -> None:
        try:
            await self.shared.ping()
        except errors.Unavailable as error:
            self._lose(error)
            raise
        if not self.connected:
            log.info("Limits are counted across replicas again")
        self.connected = True
        self.metrics.set("redis_up", 1)

    async def aclose(self) -> None:
        await self.shared.aclose()
        await self.ours.aclose()

    async def _ask(self, question: Callable[[RateLimiter], Awaitable[T]]) -> T:
        if self.connected:
            try:
                return await question(self.shared)
            except errors.Unavailable as error:
                self._lose(error)
        self.metrics.count("rate_limit_fallbacks")
        return await question(self.ours)

    def _lose(self, error: errors.Unavailable) -> None:
        if self.connected:
            log.warning(
                "Redis does not answer: counting limits in this process",
                extra={"reason": error.reason},
            )
        self.connected = False
        self.metrics.set("redis_up", 0)
