"""All records, for moving them from and to SQLite."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any

from adapters.storage.sqlite.database import Database
from adapters.storage.sqlite.rows import (
    EVENT,
    NEW_USER,
    REVOKED_KEY,
    SESSION,
    TOKEN,
    USER,
    Row,
    from_event,
    from_revoked_key,
    from_session,
    from_token,
    from_user,
    to_event,
    to_revoked_key,
    to_session,
    to_text,
    to_time,
    to_token,
    to_user,
)
from core.model import RecordKind, User, UserId
from core.model.events import StoredEvent
from core.ports import Archive, Record

HIGHEST_ID = "SELECT seq FROM sqlite_sequence WHERE name = 'users'"
SKIP_IDS = "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'users'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Where records of a kind stand, in which order, and how."""

    table: str
    order: str
    beginning: int | str
    """What is less than any of ``order``."""
    columns: str
    to_record: Callable[[Row], Record]
    written: str
    from_record: Callable[[Any], Row]

    @property
    def count(self) -> str:
        return f"SELECT count(*) FROM {self.table}"  # noqa: S608 - names of ours

    @property
    def page(self) -> str:
        return (
            f"SELECT {self.order}, {self.columns} FROM {self.table}"  # noqa: S608 - names of ours
            f" WHERE {self.order} > ? ORDER BY {self.order} LIMIT ?"
        )

    @property
    def upsert(self) -> str:
        columns = self.written.split(", ")
        marks = ", ".join("?" for _ in columns)
        changes = ", ".join(f"{column} = excluded.{column}" for column in columns[1:])
        return (
            f"INSERT INTO {self.table} ({self.written}) VALUES ({marks})"  # noqa: S608 - names of ours
            f" ON CONFLICT ({columns[0]}) DO UPDATE SET {changes}"
        )


def _from_numbered(user: User) -> Row:
    return user.id, *from_user(user)


def _to_stored(row: Row) -> StoredEvent:
    *event, attempts, due_at = row
    return StoredEvent(to_event(event), attempts, to_time(due_at) if due_at else None)


def _from_stored(stored: StoredEvent) -> Row:
    *event, _ = from_event(stored.event)
    due_at = to_text(stored.due_at) if stored.due_at else None
    return *event, stored.attempts, due_at


SHELVES: Mapping[RecordKind, Shelf] = {
    RecordKind.USERS: Shelf(
        table="users",
        order="id",
        beginning=0,
        columns=USER,
        to_record=to_user,
        written=f"id, {NEW_USER}",
        from_record=_from_numbered,
    ),
    RecordKind.SESSIONS: Shelf(
        table="sessions",
        order="id",
        beginning="",
        columns=SESSION,
        to_record=to_session,
        written=SESSION.replace("sessions.", ""),
        from_record=from_session,
    ),
    RecordKind.TOKENS: Shelf(
        table="one_time_tokens",
        order="id",
        beginning="",
        columns=TOKEN,
        to_record=to_token,
        written=TOKEN,
        from_record=from_token,
    ),
    RecordKind.EVENTS: Shelf(
        table="events",
        order="seq",
        beginning=0,
        columns=f"{EVENT}, attempts, due_at",
        to_record=_to_stored,
        written=f"{EVENT}, attempts, due_at",
        from_record=_from_stored,
    ),
    RecordKind.REVOCATIONS: Shelf(
        table="revoked_keys",
        order="kid",
        beginning="",
        columns=REVOKED_KEY,
        to_record=to_revoked_key,
        written=REVOKED_KEY,
        from_record=from_revoked_key,
    ),
}


@dataclass(frozen=True, slots=True)
class SqliteArchive(Archive):
    database: Database

    async def count(self, kind: RecordKind) -> int:
        query = SHELVES[kind].count
        ((count,),) = await self.database.read(lambda db: db.execute(query).fetchall())
        return int(count)

    async def read(
        self, kind: RecordKind, *, after: str | None, limit: int
    ) -> Sequence[tuple[str, Record]]:
        shelf = SHELVES[kind]
        begin = shelf.beginning if after is None else type(shelf.beginning)(after)
        rows = await self.database.read(
            lambda db: db.execute(shelf.page, (begin, limit)).fetchall()
        )
        return [(str(place), shelf.to_record(row)) for place, *row in rows]

    async def write(self, kind: RecordKind, records: Sequence[Record]) -> None:
        shelf = SHELVES[kind]
        rows = list(map(shelf.from_record, records))
        await self.database.write(lambda db: db.executemany(shelf.upsert, rows))

    async def highest_id(self) -> UserId:
        rows = await self.database.read(lambda db: db.execute(HIGHEST_ID).fetchall())
        return int(rows[0][0]) if rows else 0

    async def skip_ids(self, last: UserId) -> None:
        def change(db: Connection) -> None:
            # SQLite keeps its count in a table that has no unique index.
            if not db.execute(SKIP_IDS, (last,)).rowcount:
                db.execute("INSERT INTO sqlite_sequence VALUES ('users', ?)", (last,))

        await self.database.write(change)
