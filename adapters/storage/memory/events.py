"""Events and their outbox, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from adapters.storage.memory.paging import page_of
from adapters.storage.memory.tables import Tables
from core.model import EventFilter, EventId, Found, Place, UserId
from core.model.events import Backlog, Delivery, Event, EventKind
from core.ports import EventLog


@dataclass(frozen=True, slots=True)
class MemoryEvents(EventLog):
    tables: Tables

    async def append(self, events: Sequence[Event]) -> None:
        self.tables.record(events)

    async def claim(
        self, *, at: datetime, lease: timedelta, limit: int
    ) -> Sequence[Delivery]:
        outbox = self.tables.outbox.items()
        due = [event_id for event_id, due_at in outbox if due_at <= at]
        return [self._claimed(event_id, at + lease) for event_id in due[:limit]]

    async def delivered(self, event_id: EventId) -> None:
        self.tables.outbox.pop(event_id, None)
        self._forget_who_is_gone(event_id)

    async def failed(self, delivery: Delivery, *, retry_at: datetime | None) -> None:
        event_id = delivery.event.id
        if event_id not in self.tables.outbox:
            return
        if self.tables.attempts[event_id] != delivery.attempt:
            return
        if retry_at is None:
            await self.delivered(event_id)
        else:
            self.tables.outbox[event_id] = retry_at.astimezone(UTC)

    async def backlog(self, *, limit: int) -> Backlog:
        waiting = [*islice(self.tables.outbox, limit)]
        times = (self.tables.events[event_id].at for event_id in waiting)
        attempts = (self.tables.attempts.get(event_id, 0) for event_id in waiting)
        retried = sum(attempt > 1 for attempt in attempts)
        return Backlog(len(waiting), retried, min(times, default=None))

    async def read(
        self, *, after: EventId | None, limit: int, user_id: UserId | None = None
    ) -> Sequence[Event]:
        events = iter(self.tables.events.values())
        if after is not None:
            next((event for event in events if event.id == after), None)
        wanted = (e for e in events if user_id is None or e.user_id == user_id)
        return list(islice(wanted, limit))

    async def find(
        self,
        wanted: EventFilter,
        *,
        after: Place | None,
        limit: int,
        count_to: int,
    ) -> Found[Event]:
        events = [it for it in self.tables.events.values() if _is_wanted(it, wanted)]
        return page_of(
            [(Place(it.at, self.tables.numbers[it.id]), it) for it in events],
            after=after,
            descending=True,
            limit=limit,
            count_to=count_to,
        )

    def _forget_who_is_gone(self, event_id: EventId) -> None:
        event = self.tables.events.get(event_id)
        if event and event.kind is EventKind.USER_DELETED:
            self.tables.events[event_id] = replace(event, data={})

    def _claimed(self, event_id: EventId, until: datetime) -> Delivery:
        attempt = self.tables.attempts.get(event_id, 0) + 1
        self.tables.attempts[event_id] = attempt
        # An old key keeps its place, so that the outbox stays in the order of storing.
        self.tables.outbox[event_id] = until.astimezone(UTC)
        return Delivery(self.tables.events[event_id], attempt)


def _is_wanted(event: Event, wanted: EventFilter) -> bool:
    return (
        wanted.user_id in {None, event.user_id}
        and wanted.actor_id in {None, event.actor_id}
        and wanted.kind in {None, event.kind}
        and wanted.address in {None, event.address}
        and (wanted.after is None or event.at > wanted.after)
        and (wanted.before is None or event.at < wanted.before)
    )
