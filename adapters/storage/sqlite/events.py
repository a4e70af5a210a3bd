"""Events and their outbox, in SQLite."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from sqlite3 import Connection

from adapters.storage.sqlite.database import Database
from adapters.storage.sqlite.rows import (
    EVENT,
    Row,
    from_event,
    to_event,
    to_text,
    to_time,
)
from core.model import EventId, UserId
from core.model.events import Backlog, Delivery, Event
from core.ports import EventLog

# The index by hand: else SQLite may walk through all that was ever delivered.
CLAIM = (
    "UPDATE events SET due_at = ?, attempts = attempts + 1 WHERE seq IN"  # noqa: S608 - columns
    " (SELECT seq FROM events INDEXED BY events_due WHERE due_at <= ?"
    f" ORDER BY seq LIMIT ?) RETURNING seq, attempts, {EVENT}"
)

BACKLOG = (
    "SELECT count(*), coalesce(sum(attempts > 1), 0), min(at)"
    " FROM (SELECT at, attempts FROM events INDEXED BY events_due"
    " WHERE due_at IS NOT NULL ORDER BY due_at LIMIT ?)"
)


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
        return [_to_delivery(row) for row in sorted(rows)]

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
        beginning = (
            "0" if after is None else "(SELECT seq FROM events WHERE id = :after)"
        )
        whose = "" if user_id is None else "AND user_id = :user_id"
        values = {"after": after, "user_id": user_id, "limit": limit}
        rows = await self.database.read(
            lambda db: db.execute(
                f"SELECT {EVENT} FROM events WHERE seq > {beginning} {whose}"  # noqa: S608 - no values
                " ORDER BY seq LIMIT :limit",
                values,
            ).fetchall()
        )
        return [to_event(row) for row in rows]


def record(db: Connection, events: Sequence[Event]) -> None:
    """Store events as a part of the caller's transaction."""
    db.executemany(
        f"INSERT INTO events ({EVENT}, due_at) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - columns
        map(from_event, events),
    )


def _to_delivery(row: Row) -> Delivery:
    _, attempt, *event = row
    return Delivery(to_event(event), attempt)
