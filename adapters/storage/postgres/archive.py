"""All records, for moving them from and to Postgres."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from psycopg.rows import RowMaker

from adapters.storage.postgres.connection import Connection, first, transaction
from adapters.storage.postgres.database import Database
from adapters.storage.postgres.events import LOCK
from adapters.storage.postgres.rows import (
    EVENT,
    REVOKED_KEY,
    SESSION,
    TOKEN,
    USER,
    Row,
    as_one_value,
    from_event,
    from_revoked_key,
    from_session,
    from_token,
    from_user,
    to_event,
    to_revoked_key,
    to_session,
    to_token,
    to_user,
)
from core.model import RecordKind, UserId
from core.model.events import StoredEvent
from core.ports import Archive, Record

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds for a batch of any size; nobody waits behind it."""

UNHURRIED = f"SET LOCAL statement_timeout = '{PATIENCE:.0f}s'"

SKIP_IDS = """
SELECT setval('users_id_seq', highest)
FROM (SELECT max(id) AS highest FROM users) AS all_users, users_id_seq
WHERE highest >= last_value
"""

HIGHEST_ID = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM users_id_seq"

SKIP_TO = """
SELECT setval('users_id_seq', %(last)s) FROM users_id_seq
WHERE %(last)s > 0 AND %(last)s >= last_value
"""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where records of a kind stand, in which order, and how."""

    table: str
    order: str
    columns: str
    to_record: Callable[[Row], Record]
    from_record: Callable[[Any], Mapping[str, Any]]
    unique: str = "id"


def _to_stored(row: Row) -> StoredEvent:
    attempts, due_at, *event = row
    return StoredEvent(to_event(event), attempts, due_at)


def _from_stored(stored: StoredEvent) -> Mapping[str, Any]:
    outbox = {"attempts": stored.attempts, "due_at": stored.due_at}
    return from_event(stored.event) | outbox


SHELVES: Mapping[RecordKind, Shelf] = {
    RecordKind.USERS: Shelf("users", "id", USER, to_user, from_user),
    RecordKind.SESSIONS: Shelf("sessions", "id", SESSION, to_session, from_session),
    RecordKind.TOKENS: Shelf(
        "one_time_tokens", "id", TOKEN, to_token, from_token, "user_id, purpose"
    ),
    RecordKind.EVENTS: Shelf(
        "events", "seq", f"attempts, due_at, {EVENT}", _to_stored, _from_stored
    ),
    RecordKind.REVOCATIONS: Shelf(
        "revoked_keys", "kid", REVOKED_KEY, to_revoked_key, from_revoked_key, "kid"
    ),
}


@dataclass(frozen=True, slots=True)
class PostgresArchive(Archive):
    database: Database

    async def count(self, kind: RecordKind) -> int:
        query = f"SELECT count(*) FROM {SHELVES[kind].table}"  # noqa: S608 - a name of ours
        (count,) = await self._run(first, query)
        return int(count)

    async def read(
        self, kind: RecordKind, *, after: str | None, limit: int
    ) -> Sequence[tuple[str, Record]]:
        shelf = SHELVES[kind]
        beginning = "" if after is None else f"WHERE {shelf.order} > %(after)s"
        return await self._run(
            lambda row: (str(row[0]), shelf.to_record(row[1:])),
            f"SELECT {shelf.order}, {shelf.columns} FROM {shelf.table} {beginning}"  # noqa: S608 - names of ours
            f" ORDER BY {shelf.order} LIMIT %(limit)s",
            before=[LOCK] if kind is RecordKind.EVENTS else [],
            after=after,
            limit=limit,
        )

    async def write(self, kind: RecordKind, records: Sequence[Record]) -> None:
        if not records:
            return
        rows = [SHELVES[kind].from_record(record) for record in records]
        query = _upsert(SHELVES[kind], list(rows[0]))
        await self._run(first, query, records=as_one_value(rows))
        if kind is RecordKind.USERS:
            await self._run(first, SKIP_IDS)

    async def highest_id(self) -> UserId:
        (highest,) = await self._run(first, HIGHEST_ID)
        return int(highest)

    async def skip_ids(self, last: UserId) -> None:
        await self._run(first, SKIP_TO, last=last)

    async def _run(
        self,
        make: RowMaker[T],
        query: str,
        *,
        before: Sequence[str] = (),
        **values: object,
    ) -> list[T]:
        async def work(connection: Connection) -> list[T]:
            cursor = connection.cursor(row_factory=lambda _: make)
            async with transaction(connection):
                for statement in (UNHURRIED, *before):
                    await connection.execute(statement)
                await cursor.execute(query, values)
            return await cursor.fetchall()

        return await self.database.run(work, patience=PATIENCE)


def _upsert(shelf: Shelf, columns: list[str]) -> str:
    names = ", ".join(columns)
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns)
    return f"""
INSERT INTO {shelf.table} ({names}) SELECT {names}
FROM jsonb_populate_recordset(NULL::{shelf.table}, %(records)s)
    WITH ORDINALITY ORDER BY ordinality
ON CONFLICT ({shelf.unique}) DO UPDATE SET {changes} RETURNING true
"""  # noqa: S608 - names of ours
