"""Faults of the event log and of the outbox."""

from asyncio import sleep
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from adapters.storage.memory.events import MemoryEvents
from core.model import EventId
from core.model.events import Delivery, Event
from tests.adapters.broken_storage import Rest, breaks


@breaks("an event comes back as it was stored")
class ForgetsTheSession(MemoryEvents):
    async def append(self, events: Sequence[Event]) -> None:
        await super().append([replace(event, session_id=None) for event in events])


@breaks("any text of an event comes back unchanged")
class NestsDottedNames(MemoryEvents):
    async def append(self, events: Sequence[Event]) -> None:
        for event in events:
            data = {name.replace(".", "_"): text for name, text in event.data.items()}
            await super().append([replace(event, data=data)])


@breaks(
    "times in the archive are utc", "what is stored does not change with what was given"
)
class KeepsWhatItWasGiven(MemoryEvents):
    async def append(self, events: Sequence[Event]) -> None:
        await super().append(events)
        self.tables.events.update({event.id: event for event in events})


@breaks(
    "events are read in the order they were stored",
    "old events are purged",
    "the archives order is by id and of events by storing",
)
class SortsByTime(MemoryEvents):
    async def read(self, **rest: Rest) -> Sequence[Event]:
        return sorted(await super().read(**rest), key=lambda event: event.at)


@breaks(
    "one users events are read alone",
    "reading from behind a purged event finds nothing",
    "reading from behind an unknown event finds nothing",
    "reading goes on from behind an event",
)
class ReadsTheLastAgain(MemoryEvents):
    async def read(self, *, after: EventId | None, **rest: Rest) -> Sequence[Event]:
        events = list(await super().read(after=after, **rest))
        return [self.tables.events[after], *events] if after else events


@breaks(
    "reading from behind a purged event finds nothing",
    "reading from behind an unknown event finds nothing",
)
class StartsAnewBehindTheUnknown(MemoryEvents):
    async def read(self, *, after: EventId | None, **rest: Rest) -> Sequence[Event]:
        known = after if after in self.tables.events else None
        return await super().read(after=known, **rest)


@breaks("one users events are read alone")
class ChoosesFromThePage(MemoryEvents):
    async def read(self, **rest: Rest) -> Sequence[Event]:
        user_id = rest.pop("user_id", None)
        page = await super().read(**rest)
        return [e for e in page if user_id is None or e.user_id == user_id]


@breaks(
    "a purge compares times as instants",
    "old events are purged",
    "only outgoing events are claimed",
    "reading from behind a purged event finds nothing",
    "the archive has events with their place in the outbox",
    "the backlog is what was not delivered",
)
class SendsEverything(MemoryEvents):
    async def append(self, events: Sequence[Event]) -> None:
        await super().append(events)
        self.tables.outbox.update({e.id: e.at for e in events})


@breaks(
    "a failed event is due when it is said",
    "a retried event is still the oldest",
    "every change stores its events for delivery",
    "many callers at once are all served",
    "only outgoing events are claimed",
    "the backlog is what was not delivered",
    "the oldest due are claimed first",
    "what told of a removal names nobody when it was told",
    "what waits for delivery is not purged",
)
class ClaimsTheNewestFirst(MemoryEvents):
    async def append(self, events: Sequence[Event]) -> None:
        await super().append(events)
        newest_first = list(reversed(self.tables.outbox.items()))
        self.tables.outbox.clear()
        self.tables.outbox.update(newest_first)


@breaks(
    "a failed event is due when it is said",
    "a time of another offset is compared as an instant",
    "the archive has events with their place in the outbox",
    "the oldest due are claimed first",
    "the outbox goes on from what was written",
    "times in the archive are utc",
)
class ClaimsBeforeTheTime(MemoryEvents):
    async def claim(self, *, at: datetime, **rest: Rest) -> Sequence[Delivery]:
        return await super().claim(at=at + timedelta(milliseconds=1), **rest)


@breaks(
    "a retried event is still the oldest",
    "what told of a removal names nobody when it was told",
)
class RetriesLast(MemoryEvents):
    async def failed(self, delivery: Delivery, **rest: Rest) -> None:
        await super().failed(delivery, **rest)
        if due_at := self.tables.outbox.pop(delivery.event.id, None):
            self.tables.outbox[delivery.event.id] = due_at


@breaks("an event is claimed by one of many", "many claim different events")
class LooksBeforeItClaims(MemoryEvents):
    async def claim(self, **rest: Rest) -> Sequence[Delivery]:
        before = dict(self.tables.outbox)
        await sleep(0)
        self.tables.outbox.update(before)
        return await super().claim(**rest)


@breaks(
    "a claimed event is due again after its lease",
    "a failed event is due when it is said",
    "a retried event is still the oldest",
    "a time of another offset is compared as an instant",
    "a worker that lost its lease has no say",
    "the archive has events with their place in the outbox",
    "the backlog is what was not delivered",
    "the backlog tells what was tried in vain",
    "times in the archive are utc",
    "what told of a removal names nobody when it was told",
    "what waits for delivery is not purged",
)
class ForgetsWhatItClaimed(MemoryEvents):
    async def claim(self, **rest: Rest) -> Sequence[Delivery]:
        claimed = await super().claim(**rest)
        for delivery in claimed:
            del self.tables.outbox[delivery.event.id]
        return claimed


@breaks(
    "a claimed event is due again after its lease",
    "a time of another offset is compared as an instant",
    "a worker that lost its lease has no say",
    "the archive has events with their place in the outbox",
    "the backlog tells what was tried in vain",
    "times in the archive are utc",
    "what told of a removal names nobody when it was told",
)
class LeasesTooLong(MemoryEvents):
    async def claim(self, *, lease: timedelta, **rest: Rest) -> Sequence[Delivery]:
        return await super().claim(lease=lease + timedelta(milliseconds=1), **rest)


@breaks(
    "a delivered event is never claimed again",
    "a failure does not revive what was delivered",
    "an event given up is never claimed again",
    "the archive has events with their place in the outbox",
    "the backlog is what was not delivered",
    "the backlog tells what was tried in vain",
    "what told of a removal names nobody when it was told",
    "what waits for delivery is not purged",
)
class WaitsForTheLease(MemoryEvents):
    async def delivered(self, event_id: EventId) -> None:
        """Hope that the lease lasts."""


@breaks(
    "a delivered event is never claimed again",
    "what told of a removal names nobody when it was told",
)
class DeliversOnce(MemoryEvents):
    async def delivered(self, event_id: EventId) -> None:
        del self.tables.outbox[event_id]


@breaks(
    "a failed event is due when it is said",
    "a retried event is still the oldest",
    "the archive has events with their place in the outbox",
    "the outbox goes on from what was written",
    "the backlog tells what was tried in vain",
)
class RetriesAfterTheLease(MemoryEvents):
    async def failed(self, delivery: Delivery, *, retry_at: datetime | None) -> None:
        if retry_at is None:
            await super().failed(delivery, retry_at=None)


@breaks(
    "an event given up is never claimed again",
    "the archive has events with their place in the outbox",
    "the backlog is what was not delivered",
    "what told of a removal names nobody when it was told",
    "what waits for delivery is not purged",
)
class NeverGivesUp(MemoryEvents):
    async def failed(self, delivery: Delivery, *, retry_at: datetime | None) -> None:
        if retry_at is not None:
            await super().failed(delivery, retry_at=retry_at)


@breaks("a worker that lost its lease has no say")
class ListensToAnyWorker(MemoryEvents):
    async def failed(self, delivery: Delivery, **rest: Rest) -> None:
        attempt = self.tables.attempts[delivery.event.id]
        await super().failed(replace(delivery, attempt=attempt), **rest)


@breaks(
    "a failure does not revive what was delivered",
    "an event given up is never claimed again",
)
class RevivesTheDelivered(MemoryEvents):
    async def failed(self, delivery: Delivery, *, retry_at: datetime | None) -> None:
        if retry_at and delivery.event.id not in self.tables.outbox:
            self.tables.outbox[delivery.event.id] = retry_at
        await super().failed(delivery, retry_at=retry_at)
