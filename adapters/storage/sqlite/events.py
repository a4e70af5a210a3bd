"""Events and their outbox, in SQLite."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from sqlite3 import Connection

from adapters.storage.sqlite import event_searches
from adapters.storage.sqlite.database import Database
from adapters.storage.sqlite.rows import (
    DELIVERY,
    EVENT,
    STORED_EVENT,
    to_text,
    to_time,
)
from adapters.storage.statements import Sql, compose
from core.model import EventFilter, EventId, Found, Place, UserId
from core.model.events import Backlog, Delivery, Event, EventKind, StoredEvent
from core.ports import EventLog

INSERT = STORED_EVENT.insert

# The index by hand: else SQLite may walk through all that was ever delivered.
CLAIM = compose(
    "UPDATE events SET due_at = ?, attempts = attempts + 1 WHERE seq IN"
    " (SELECT seq FROM events INDEXED BY events_due WHERE due_at <= ?"
    " ORDER BY seq LIMIT ?) RETURNING seq, $delivery",
    delivery=DELIVERY.columns,
)

# That somebody was deleted names them until it is told, or given up.
DELIVERED = """
UPDATE events SET due_at = NULL, data = iif(kind = :deleted, '{}', data) WHERE id = :id
"""

FAILED = """
UPDATE events SET due_at = :due_at,
    data = iif(kind = :deleted AND :due_at IS NULL, '{}', data)
WHERE id = :id AND attempts = :attempts AND due_at IS NOT NULL
"""

BACKLOG = (
    "SELECT count(*), coalesce(sum(attempts > 1), 0), min(at)"
    " FROM (SELECT at, attempts FROM events INDEXED BY events_due"
    " WHERE due_at IS NOT NULL ORDER BY due_at LIMIT ?)"
)


def _reading(whose: str) -> Sql:
    return compose(
        "SELECT $columns FROM events WHERE seq >"
        " iif(:after IS NULL, 0, (SELECT seq FROM events WHERE id = :after))"
        " $whose ORDER BY seq LIMIT :limit",
        columns=EVENT.columns,
        whose=compose(whose),
    )


READ = _reading("")

READ_OF_USER = _reading("AND user_id = :user_id")


@dataclass(frozen=True, slots=True)
class SqliteEvents(EventLog):
    database: Database

    async def append(self, events: Sequence[Event]) -> None:
        await self.database.write(lambda db: record(db, events))

    async def claim(
        self, *, at: datetime, lease: timedelta, limit: int
    ) -> Sequence[Delivery]:
        values = to_text(at + lease), to_text(at), limit
        rows = await self.database.write(
            lambda db: db.execute(CLAIM, values).fetchall()
        )
        # RETURNING promises no order.
        return [DELIVERY.to_record(row[1:]) for row in sorted(rows)]

    async def delivered(self, event_id: EventId) -> None:
        values = {"id": event_id, "deleted": EventKind.USER_DELETED}
        await self.database.write(lambda db: db.execute(DELIVERED, values))

    async def failed(self, delivery: Delivery, *, retry_at: datetime | None) -> None:
        values = {
            "id": delivery.event.id,
            "attempts": delivery.attempt,
            "due_at": to_text(retry_at) if retry_at else None,
            "deleted": EventKind.USER_DELETED,
        }
        await self.database.write(lambda db: db.execute(FAILED, values))

    async def backlog(self, *, limit: int) -> Backlog:
        ((waiting, retried, oldest),) = await self.database.read(
            lambda db: db.execute(BACKLOG, (limit,)).fetchall()
        )
        return Backlog(waiting, retried, to_time(oldest) if oldest else None)

    async def read(
        self, *, after: EventId | None, limit: int, user_id: UserId | None = None
    ) -> Sequence[Event]:
        query = READ if user_id is None else READ_OF_USER
        values = {"after": after, "user_id": user_id, "limit": limit}
        rows = await self.database.read(lambda db: db.execute(query, values).fetchall())
        return list(map(EVENT.to_record, rows))

    async def find(
        self,
        wanted: EventFilter,
        *,
        after: Place | None,
        limit: int,
        count_to: int,
    ) -> Found[Event]:
        return await self.database.read(
            lambda db: event_searches.find(
                db, wanted, after=after, limit=limit, count_to=count_to
            )
        )


def record(db: Connection, events: Sequence[Event]) -> None:
    """Store events as a part of the caller's transaction."""
    new = map(StoredEvent.new, events)
    db.executemany(INSERT, map(STORED_EVENT.values, new))
