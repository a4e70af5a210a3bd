"""Revoked keys, in SQLite."""

from collections.abc import Sequence
from dataclasses import dataclass
from sqlite3 import Connection

from adapters.storage.sqlite.database import Database
from adapters.storage.sqlite.events import record
from adapters.storage.sqlite.rows import REVOKED_KEY
from adapters.storage.statements import compose
from core.model import RevokedKey
from core.model.events import Event
from core.ports import KeyRevocations

REVOKE = compose("$insert ON CONFLICT DO NOTHING", insert=REVOKED_KEY.insert)

REVOKED = compose(
    "SELECT $columns FROM revoked_keys ORDER BY kid", columns=REVOKED_KEY.columns
)


@dataclass(frozen=True, slots=True)
class SqliteRevocations(KeyRevocations):
    database: Database

    async def revoke(self, key: RevokedKey, *, events: Sequence[Event]) -> bool:
        def change(db: Connection) -> bool:
            if db.execute(REVOKE, REVOKED_KEY.values(key)).rowcount == 0:
                return False
            record(db, events)
            return True

        return await self.database.write(change)

    async def revoked(self) -> Sequence[RevokedKey]:
        rows = await self.database.read(lambda db: db.execute(REVOKED).fetchall())
        return list(map(REVOKED_KEY.to_record, rows))
