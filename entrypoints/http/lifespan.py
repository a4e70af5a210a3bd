"""What starts and ends with the process."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import uniform
from typing import Any

from adapters.tracing.spans import Tracing
from core import errors
from core.keys.revocations import Revocations
from core.operations.housekeeping import Housekeeping
from core.operations.mail_watch import MailWatch
from core.operations.outbox import Outbox
from core.operations.readiness import Readiness
from core.operations.secret_watch import SecretWatch
from core.operations.vital_signs import VitalSigns
from core.ports import DeviceNames, PasswordHasher, RateLimiter

log = logging.getLogger(__name__)

FIRST_WAIT = 3.0
TIDYING_SECONDS = 600.0
LIMITER_SECONDS = 1.0
MAILS_SECONDS = 2.0
SIGNS_SECONDS = 2.0
COUNT_SECONDS = 5.0
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
    device_names: DeviceNames
    limiter: RateLimiter
    secrets: SecretWatch
    revocations: Revocations
    signs: VitalSigns
    tracing: Tracing
    store_counts: Callable[[], Awaitable[int]]
    """Stores what was counted by day."""
    poll_seconds: float
    refresh_seconds: float
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _working: asyncio.Task[None] | None = None
    _watching: Sequence[asyncio.Task[None]] = ()
    _waiting: set[str] = field(default_factory=set)
    """Steps whose latest try found something away."""

    async def process_startup(self, scope: dict[str, Any], event: object) -> None:
        self.tracing.open()
        self.signs.begin()
        preparing = asyncio.create_task(self.readiness.prepare())
        # What is at hand is ready before the first request; the rest is waited for
        # with the door open, so that probes get an answer.
        await asyncio.gather(
            asyncio.wait([preparing], timeout=FIRST_WAIT), self._ask_limiter()
        )
        if preparing.done():
            preparing.result()
        self._working = asyncio.create_task(self._work(preparing))
        watches = (
            self._watch_limiter(),
            self._watch_secrets(),
            self._load_names(),
            self._repeat(self.signs.tell, idle=SIGNS_SECONDS),
        )
        self._watching = [asyncio.create_task(watch) for watch in watches]

    async def process_shutdown(self, scope: dict[str, Any], event: object) -> None:
        self._stop.set()
        if self._working is not None:
            with suppress(TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(self._working, LAST_WORK)
        await self._try(self.store_counts)
        for watching in self._watching:
            watching.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        await self.secrets.aclose()
        await self.limiter.aclose()
        await self.hasher.aclose()
        await self.readiness.storage.aclose()
        await asyncio.to_thread(self.tracing.close)

    async def _watch_limiter(self) -> None:
        while True:
            await asyncio.sleep(LIMITER_SECONDS)
            await self._ask_limiter()

    async def _watch_secrets(self) -> None:
        while self.secrets.watched:
            # Not all replicas at once, and none later than it says.
            await asyncio.sleep(self.refresh_seconds * uniform(*JITTER))  # noqa: S311 - no secret
            with self.tracing.work("secrets.look"):
                await self.secrets.look()

    async def _load_names(self) -> None:
        # Else the first who logs in would wait for it, and everybody with them.
        await asyncio.to_thread(self.device_names.name, "")

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
            self._repeat(self.store_counts, idle=COUNT_SECONDS),
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
            found = await step()
        except errors.Unavailable as error:
            if name not in self._waiting:
                told = {"step": name, "reason": error.reason}
                log.warning("Background work waits", extra=told)
                self._waiting.add(name)
        except Exception:
            log.exception("Background work failed", extra={"step": name})
        else:
            if name in self._waiting:
                log.info("Background work goes on", extra={"step": name})
                self._waiting.remove(name)
            return found
        return 0
