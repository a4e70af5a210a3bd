"""What starts and ends with the process."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import uniform
from typing import Any

from core import errors
from core.keys.revocations import Revocations
from core.operations.housekeeping import Housekeeping
from core.operations.mail_watch import MailWatch
from core.operations.outbox import Outbox
from core.operations.readiness import Readiness
from core.operations.secret_watch import SecretWatch
from core.ports import PasswordHasher, RateLimiter

log = logging.getLogger(__name__)

FIRST_WAIT = 3.0
TIDYING_SECONDS = 600.0
LIMITER_SECONDS = 1.0
MAILS_SECONDS = 2.0
JITTER = (0.7, 1.0)
LAST_WORK = 5.0
"""Seconds that work under way gets at the end; what does not make it is done again."""


@dataclass(slots=True, kw_only=True)
class Lifespan:
    """Prepares the storage, works in the background while the service runs, closes all."""

    readiness: Readiness
    outbox: Outbox
    mails: MailWatch
    housekeeping: Housekeeping
    hasher: PasswordHasher
    limiter: RateLimiter
    secrets: SecretWatch
    revocations: Revocations
    poll_seconds: float
    refresh_seconds: float
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _working: asyncio.Task[None] | None = None
    _watching: Sequence[asyncio.Task[None]] = ()

    async def process_startup(self, scope: dict[str, Any], event: object) -> None:
        preparing = asyncio.create_task(self.readiness.prepare())
        # What is at hand is ready before the first request; the rest is waited for
        # with the door open, so that probes get an answer.
        await asyncio.gather(
            asyncio.wait([preparing], timeout=FIRST_WAIT), self._ask_limiter()
        )
        if preparing.done():
            preparing.result()
        self._working = asyncio.create_task(self._work(preparing))
        watches = self._watch_limiter(), self._watch_secrets()
        self._watching = [asyncio.create_task(watch) for watch in watches]

    async def process_shutdown(self, scope: dict[str, Any], event: object) -> None:
        self._stop.set()
        if self._working is not None:
            with suppress(TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(self._working, LAST_WORK)
        for watching in self._watching:
            watching.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        await self.secrets.aclose()
        await self.limiter.aclose()
        await self.hasher.aclose()
        await self.readiness.storage.aclose()

    async def _watch_limiter(self) -> None:
        while True:
            await asyncio.sleep(LIMITER_SECONDS)
            await self._ask_limiter()

    async def _watch_secrets(self) -> None:
        while self.secrets.watched:
            # Not all replicas at once, and none later than it says.
            await asyncio.sleep(self.refresh_seconds * uniform(*JITTER))  # noqa: S311 - no secret
            await self.secrets.look()

    async def _ask_limiter(self) -> None:
        # It tells when it goes and when it is back: its answers are of no matter here.
        with suppress(errors.Unavailable):
            await self.limiter.ping()

    async def _work(self, preparing: asyncio.Task[None]) -> None:
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait([preparing, stopping], return_when=asyncio.FIRST_COMPLETED)
        if not preparing.done():
            preparing.cancel()
            return
        if failure := preparing.exception():
            log.error("Can't become ready", extra={"reason": str(failure)})
            return
        await asyncio.gather(
            self._repeat(self.outbox.deliver_due, idle=self.poll_seconds),
            self._repeat(self.mails.look, idle=MAILS_SECONDS),
            self._repeat(self.housekeeping.tidy, idle=TIDYING_SECONDS),
            self._repeat(self.revocations.learn, idle=self.refresh_seconds),
        )

    async def _repeat(self, step: Callable[[], Awaitable[int]], *, idle: float) -> None:
        """Take the step again and again, without pause while there is something to do."""
        while not self._stop.is_set():
            if not await self._try(step):
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), idle)

    async def _try(self, step: Callable[[], Awaitable[int]]) -> int:
        name = getattr(step, "__qualname__", "")
        try:
            return await step()
        except errors.Unavailable as error:
            log.warning(
                "Background work waits", extra={"step": name, "reason": error.reason}
            )
        except Exception:
            log.exception("Background work failed", extra={"step": name})
        return 0
