"""All records, for moving them from and to SQLite."""

from collections.abc import Sequence
from dataclasses import dataclass
from sqlite3 import Connection

from adapters.storage.records import KEPT
from adapters.storage.rows import Pages
from adapters.storage.sqlite.database import Database
from adapters.storage.sqlite.rows import SQLITE
from adapters.storage.statements import compose
from core.model import RecordKind, UserId
from core.ports import Archive, Record

HIGHEST_ID = "SELECT seq FROM sqlite_sequence WHERE name = 'users'"
SKIP_IDS = "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'users'"


PAGES = {kind: Pages(kept, SQLITE) for kind, kept in KEPT.items()}

UPSERTS = {
    kind: compose(
        "$insert $replacing",
        insert=PAGES[kind].rows.insert,
        replacing=PAGES[kind].rows.replacing(kept.key),
    )
    for kind, kept in KEPT.items()
}


# Behind it: where the stamp is the same, or the text, triggers make it that of a user whom
# somebody changed who does not know of them.
AS_GIVEN = """
UPDATE users SET stamp = :stamp, search_text = :search_text
WHERE id = :id AND (stamp <> :stamp OR search_text <> :search_text)
"""


@dataclass(frozen=True, slots=True)
class SqliteArchive(Archive):
    database: Database

    async def count(self, kind: RecordKind) -> int:
        query = PAGES[kind].count
        ((count,),) = await self.database.read(lambda db: db.execute(query).fetchall())
        return int(count)

    async def read(
        self, kind: RecordKind, *, after: str | None, limit: int
    ) -> Sequence[tuple[str, Record]]:
        pages = PAGES[kind]
        values = {"after": pages.begin(after), "limit": limit}
        rows = await self.database.read(
            lambda db: db.execute(pages.read, values).fetchall()
        )
        return list(map(pages.to_entry, rows))

    async def write(self, kind: RecordKind, records: Sequence[Record]) -> None:
        rows = list(map(PAGES[kind].rows.values, records))

        def change(db: Connection) -> None:
            db.executemany(UPSERTS[kind], rows)
            if kind is RecordKind.USERS:
                db.executemany(AS_GIVEN, rows)

        await self.database.write(change)

    async def highest_id(self) -> UserId:
        rows = await self.database.read(lambda db: db.execute(HIGHEST_ID).fetchall())
        return int(rows[0][0]) if rows else 0

    async def skip_ids(self, last: UserId) -> None:
        def change(db: Connection) -> None:
            # SQLite keeps its count in a table that has no unique index.
            if not db.execute(SKIP_IDS, (last,)).rowcount:
                db.execute("INSERT INTO sqlite_sequence VALUES ('users', ?)", (last,))

        await self.database.write(change)
