"""Faults of what tells how much waits for delivery."""

from adapters.storage.memory.events import MemoryEvents
from core.model.events import Backlog
from tests.adapters.broken_storage import breaks


@breaks(
    "the backlog is what was not delivered",
    "the backlog tells what was tried in vain",
)
class CountsWhatWasDelivered(MemoryEvents):
    async def backlog(self, *, limit: int) -> Backlog:
        events = [*self.tables.events.values()][:limit]
        return Backlog(len(events), 0, min((it.at for it in events), default=None))


@breaks(
    "the backlog is what was not delivered",
    "the backlog tells what was tried in vain",
)
class CountsOnlyWhatIsDue(MemoryEvents):
    async def backlog(self, *, limit: int) -> Backlog:
        fresh = [
            self.tables.events[event_id].at
            for event_id in self.tables.outbox
            if event_id not in self.tables.attempts
        ]
        return Backlog(min(len(fresh), limit), 0, min(fresh, default=None))


@breaks("the backlog is what was not delivered")
class TakesTheFirstForTheOldest(MemoryEvents):
    async def backlog(self, *, limit: int) -> Backlog:
        found = await super().backlog(limit=limit)
        times = (self.tables.events[event_id].at for event_id in self.tables.outbox)
        return Backlog(found.waiting, found.retried, next(times, None))


@breaks("the backlog is counted no further than asked")
class CountsAll(MemoryEvents):
    async def backlog(self, *, limit: int) -> Backlog:
        return await super().backlog(limit=limit + 1000)


@breaks(
    "the backlog is what was not delivered",
    "the backlog tells what was tried in vain",
)
class CountsFirstTries(MemoryEvents):
    async def backlog(self, *, limit: int) -> Backlog:
        found = await super().backlog(limit=limit)
        tried = sum(event_id in self.tables.attempts for event_id in self.tables.outbox)
        return Backlog(found.waiting, tried, found.oldest)
