"""What starts and ends with the process."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from core import errors
from core.outbox import Outbox
from core.ports import PasswordHasher, Storage

log = logging.getLogger(__name__)

LAST_DELIVERY = 5.0
"""Seconds that a mail under way gets at the end; what does not make it is sent again."""


@dataclass(slots=True)
class Lifespan:
    """Opens the storage, empties the outbox while the service runs, closes all again."""

    storage: Storage
    outbox: Outbox
    hasher: PasswordHasher
    poll_seconds: float
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _delivering: asyncio.Task[None] | None = None

    async def process_startup(self, scope: dict[str, Any], event: object) -> None:
        await self.storage.open()
        self._delivering = asyncio.create_task(self._deliver())

    async def process_shutdown(self, scope: dict[str, Any], event: object) -> None:
        self._stop.set()
        if self._delivering is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._delivering, LAST_DELIVERY)
        await self.hasher.aclose()
        await self.storage.aclose()

    async def _deliver(self) -> None:
        while not self._stop.is_set():
            if not await self._deliver_once():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), self.poll_seconds)

    async def _deliver_once(self) -> int:
        try:
            return await self.outbox.deliver_due()
        except errors.Unavailable as error:
            log.warning("The outbox waits", extra={"reason": str(error)})
        except Exception:
            log.exception("The outbox failed")
        return 0
