"""Events and their outbox, in SQLite."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from sqlite3 import Connection

from adapters.storage.sqlite.database import Database
from adapters.storage.sqlite.rows import (
    DELIVERY,
    EVENT,
    STORED_EVENT,
    to_text,
    to_time,
)
from adapters.storage.statements import Sql, compose
from core.model import EventId, UserId
from core.model.events import Backlog, Delivery, Event, StoredEvent
from core.ports import EventLog

INSERT = STORED_EVENT.insert

# The index by hand: else SQLite may walk through all that was ever delivered.
CLAIM = compose(
    "UPDATE events SET due_at = ?, attempts = attempts + 1 WHERE seq IN"
    " (SELECT seq FROM events INDEXED BY events_due WHERE due_at <= ?"
    " ORDER BY seq LIMIT ?) RETURNING seq, $delivery",
    delivery=DELIVERY.columns,
)

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
        await self.database.write(
            lambda db: db.execute(
                "UPDATE events SET due_at = NULL WHERE id = ?", (event_id,)
            )
        )

    async def failed(self, delivery: Delivery, *, retry_at: datetime | None) -> None:
        due_at = to_text(retry_at) if retry_at else None
        await self.database.write(
            lambda db: db.execute(
                "UPDATE events SET due_at = ?"
                " WHERE id = ? AND attempts = ? AND due_at IS NOT NULL",
                (due_at, delivery.event.id, delivery.attempt),
            )
        )

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


def record(db: Connection, events: Sequence[Event]) -> None:
    """Store events as a part of the caller's transaction."""
    new = map(StoredEvent.new, events)
    db.executemany(INSERT, map(STORED_EVENT.values, new))
