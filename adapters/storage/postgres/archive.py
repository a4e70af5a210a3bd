"""All records, for moving them from and to Postgres."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from psycopg.rows import RowMaker

from adapters.storage.postgres.connection import Connection, first, transaction
from adapters.storage.postgres.database import Database
from adapters.storage.postgres.events import LOCK
from adapters.storage.postgres.rows import POSTGRES, as_one_value
from adapters.storage.records import KEPT
from adapters.storage.rows import Pages
from adapters.storage.statements import Sql, compose
from core.model import RecordKind, UserId
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


UNIQUE = {RecordKind.TOKENS: "user_id, purpose"}
"""What a record replaces another by, if not by its key."""

PAGES = {kind: Pages(kept, POSTGRES) for kind, kept in KEPT.items()}


def _upsert(kind: RecordKind) -> Sql:
    rows = PAGES[kind].rows
    return compose(
        """
INSERT INTO $table ($columns) SELECT $columns
FROM jsonb_populate_recordset(NULL::$table, %(records)s)
    WITH ORDINALITY ORDER BY ordinality
$replacing RETURNING true
""",
        table=rows.table,
        columns=rows.written,
        replacing=rows.replacing(UNIQUE.get(kind, KEPT[kind].key)),
    )


# Where one of them is the same, a trigger makes it that of a user changed just now.
GIVEN = """
UPDATE users SET stamp = given.stamp, search_text = given.search_text
FROM jsonb_populate_recordset(NULL::users, %(records)s) AS given
WHERE users.id = given.id
    AND (users.stamp, users.search_text) <> (given.stamp, given.search_text)
"""

WRITES = {kind: (_upsert(kind),) for kind in RecordKind} | {
    RecordKind.USERS: (_upsert(RecordKind.USERS), GIVEN, SKIP_IDS)
}


@dataclass(frozen=True, slots=True)
class PostgresArchive(Archive):
    database: Database

    async def count(self, kind: RecordKind) -> int:
        (count,) = await self._run(first, PAGES[kind].count)
        return int(count)

    async def read(
        self, kind: RecordKind, *, after: str | None, limit: int
    ) -> Sequence[tuple[str, Record]]:
        pages = PAGES[kind]
        before = (LOCK,) if kind is RecordKind.EVENTS else ()
        return await self._run(
            pages.to_entry,
            *before,
            pages.read,
            after=pages.begin(after),
            limit=limit,
        )

    async def write(self, kind: RecordKind, records: Sequence[Record]) -> None:
        if not records:
            return
        rows = map(PAGES[kind].rows.values, records)
        await self._run(first, *WRITES[kind], records=as_one_value(rows))

    async def highest_id(self) -> UserId:
        (highest,) = await self._run(first, HIGHEST_ID)
        return int(highest)

    async def skip_ids(self, last: UserId) -> None:
        await self._run(first, SKIP_TO, last=last)

    async def _run(
        self, make: RowMaker[T], *statements: str, **values: object
    ) -> list[T]:
        """Run all as one transaction; return the rows of the last."""

        async def work(connection: Connection) -> list[T]:
            cursor = connection.cursor(row_factory=lambda _: make)
            async with transaction(connection):
                await connection.execute(UNHURRIED)
                for statement in statements:
                    await cursor.execute(statement, values)
            return await cursor.fetchall()

        return await self.database.run(work, patience=PATIENCE)
