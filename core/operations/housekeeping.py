"""Deletes what nobody needs any more."""

from dataclasses import dataclass
from datetime import timedelta

from core.ports import Clock, Storage

BATCH = 500
"""Of each kind in one step: small, so that nobody waits long behind it."""

SLACK = timedelta(days=1)
"""How long an ended session or a dead token is kept: for those who look into a case."""


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """Any number of replicas may keep house side by side."""

    storage: Storage
    clock: Clock
    event_life: timedelta

    async def tidy(self) -> int:
        """Delete one batch; return how many records that was, 0 when all is done."""
        now = self.clock.now()
        return await self.storage.purge(
            at=now - SLACK, keep_events_since=now - self.event_life, limit=BATCH
        )
