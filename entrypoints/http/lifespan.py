"""What starts and ends with the process."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from core import errors
from core.housekeeping import Housekeeping
from core.outbox import Outbox
from core.ports import PasswordHasher
from core.readiness import Readiness

log = logging.getLogger(__name__)

FIRST_WAIT = 3.0
TIDYING_SECONDS = 600.0
LAST_WORK = 5.0
"""Seconds that work under way gets at the end; what does not make it is done again."""


@dataclass(slots=True, kw_only=True)
class Lifespan:
    """Prepares the storage, works in the background while the service runs, closes all."""

    readiness: Readiness
    outbox: Outbox
    housekeeping: Housekeeping
    hasher: PasswordHasher
    poll_seconds: float
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _working: asyncio.Task[None] | None = None

    async def process_startup(self, scope: dict[str, Any], event: object) -> None:
        preparing = asyncio.create_task(self.readiness.prepare())
        # What is at hand is ready before the first request; the rest is waited for
        # with the door open, so that probes get an answer.
        await asyncio.wait([preparing], timeout=FIRST_WAIT)
        if preparing.done():
            preparing.result()
        self._working = asyncio.create_task(self._work(preparing))

    async def process_shutdown(self, scope: dict[str, Any], event: object) -> None:
        self._stop.set()
        if self._working is not None:
            with suppress(TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(self._working, LAST_WORK)
        await self.hasher.aclose()
        await self.readiness.storage.aclose()

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
            self._repeat(self.housekeeping.tidy, idle=TIDYING_SECONDS),
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
