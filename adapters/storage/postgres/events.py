"""Events and their outbox, in Postgres."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from adapters.storage.postgres.connection import Connection, first, transaction
from adapters.storage.postgres.database import Database
from adapters.storage.postgres.listing import Listing, Order, look
from adapters.storage.postgres.rows import DELIVERY, EVENT, STORED_EVENT, from_events
from adapters.storage.statements import Sql, compose, name
from core.model import EventFilter, EventId, Found, Place, UserId
from core.model.events import Backlog, Delivery, Event
from core.ports import EventLog

LOCK = "SELECT pg_advisory_xact_lock(7310541, 1)"
"""Waits until no event is being stored; the first migration tells what for."""

CLAIM = compose(
    """
WITH due AS (
    SELECT seq FROM events WHERE due_at <= %(at)s
    ORDER BY seq LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE events SET due_at = %(until)s, attempts = attempts + 1
FROM due WHERE events.seq = due.seq RETURNING events.seq, $delivery
""",
    delivery=DELIVERY.columns,
)

# That somebody was deleted names them until nobody waits to be told any more.
DELIVERED = """
UPDATE events SET due_at = NULL,
    data = CASE WHEN kind = 'user.deleted' THEN '{}' ELSE data END
WHERE id = %(id)s AND due_at IS NOT NULL RETURNING id
"""

FAILED = """
UPDATE events SET due_at = %(retry_at)s,
    data = CASE WHEN kind = 'user.deleted' AND %(retry_at)s::timestamptz IS NULL
        THEN '{}' ELSE data END
WHERE id = %(id)s AND attempts = %(attempt)s AND due_at IS NOT NULL RETURNING id
"""

BACKLOG = """
SELECT count(*), count(*) FILTER (WHERE attempts > 1), min(at) FROM (
    SELECT at, attempts FROM events WHERE due_at IS NOT NULL ORDER BY seq LIMIT %(limit)s
) AS waiting
"""

READ = compose(
    """
SELECT $columns FROM events
WHERE seq > CASE
    WHEN %(after)s::text IS NULL THEN 0
    ELSE (SELECT seq FROM events WHERE id = %(after)s)
END AND (%(user_id)s::bigint IS NULL OR user_id = %(user_id)s)
ORDER BY seq LIMIT %(limit)s
""",
    columns=EVENT.columns,
)

LATEST_FIRST = Order(name("at"), name("at"), compose("timestamptz"), name("seq"))

CONDITIONS = {
    "user_id": compose("user_id = %(user_id)s"),
    "actor_id": compose("actor = %(actor)s"),
    "kind": compose("kind = %(kind)s"),
    "address": compose("address = %(address)s"),
    "after": compose("at > %(after)s"),
    "before": compose("at < %(before)s"),
}
"""By the filters that each is for."""

RECORD = """
INSERT INTO events ($columns) SELECT $told
FROM $source jsonb_populate_recordset(NULL::events, %(events)s)
    WITH ORDINALITY AS told
ORDER BY told.ordinality
"""


def recording(once_for: str | None = None, user_id: str = "told.user_id") -> Sql:
    """Return the statement that stores ``events``, for each row of ``once_for``."""
    return compose(
        RECORD,
        columns=STORED_EVENT.written,
        told=STORED_EVENT.of("told", user_id=name(user_id)),
        source=compose("$table,", table=name(once_for)) if once_for else compose(""),
    )


RECORDING = recording()

APPEND = compose("$recording RETURNING id", recording=RECORDING)


@dataclass(frozen=True, slots=True)
class PostgresEvents(EventLog):
    database: Database

    async def append(self, events: Sequence[Event]) -> None:
        await self.database.write(first, APPEND, events=from_events(events))

    async def claim(
        self, *, at: datetime, lease: timedelta, limit: int
    ) -> Sequence[Delivery]:
        rows = await self.database.write(
            tuple, CLAIM, at=at, until=at + lease, limit=limit
        )
        # RETURNING promises no order.
        return [DELIVERY.to_record(row[1:]) for row in sorted(rows, key=first)]

    async def delivered(self, event_id: EventId) -> None:
        await self.database.write(
            first,
            DELIVERED,
            id=event_id,
        )

    async def failed(self, delivery: Delivery, *, retry_at: datetime | None) -> None:
        await self.database.write(
            first,
            FAILED,
            id=delivery.event.id,
            attempt=delivery.attempt,
            retry_at=retry_at,
        )

    async def backlog(self, *, limit: int) -> Backlog:
        (backlog,) = await self.database.read(
            lambda row: Backlog(*row), BACKLOG, limit=limit
        )
        return backlog

    async def read(
        self, *, after: EventId | None, limit: int, user_id: UserId | None = None
    ) -> Sequence[Event]:
        async def work(connection: Connection) -> list[Event]:
            async with transaction(connection):
                await connection.execute(LOCK)
                cursor = connection.cursor(row_factory=lambda _: EVENT.to_record)
                values = {"after": after, "limit": limit, "user_id": user_id}
                await cursor.execute(READ, values)
            return await cursor.fetchall()

        return await self.database.run(work, repeat=True)

    async def find(
        self,
        wanted: EventFilter,
        *,
        after: Place | None,
        limit: int,
        count_to: int,
    ) -> Found[Event]:
        return await look(
            self.database,
            listing(wanted),
            LATEST_FIRST,
            after=after,
            limit=limit,
            count_to=count_to,
        )


def listing(wanted: EventFilter) -> Listing[Event]:
    """Return what leads to the events that are wanted."""
    holds = [it for of, it in CONDITIONS.items() if getattr(wanted, of) is not None]
    values = asdict(wanted) | {"actor": str(wanted.actor_id)}
    return Listing(EVENT, holds, holds, values)


async def record(connection: Connection, events: Sequence[Event]) -> None:
    """Store events as a part of the caller's transaction."""
    await connection.execute(RECORDING, {"events": from_events(events)})
