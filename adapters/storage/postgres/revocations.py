"""Revoked keys, in Postgres."""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.storage.postgres.connection import first
from adapters.storage.postgres.database import Database
from adapters.storage.postgres.events import recording
from adapters.storage.postgres.rows import REVOKED_KEY, from_events
from adapters.storage.statements import compose
from core.model import RevokedKey
from core.model.events import Event
from core.ports import KeyRevocations

REVOKE = compose(
    """
WITH revoked AS (
    $insert ON CONFLICT DO NOTHING RETURNING kid
), told AS ($recording)
SELECT kid FROM revoked
""",
    insert=REVOKED_KEY.insert,
    recording=recording("revoked"),
)

REVOKED = compose(
    "SELECT $columns FROM revoked_keys ORDER BY kid", columns=REVOKED_KEY.columns
)


@dataclass(frozen=True, slots=True)
class PostgresRevocations(KeyRevocations):
    database: Database

    async def revoke(self, key: RevokedKey, *, events: Sequence[Event]) -> bool:
        values = {**REVOKED_KEY.values(key), "events": from_events(events)}
        return bool(await self.database.write(first, REVOKE, **values))

    async def revoked(self) -> Sequence[RevokedKey]:
        return await self.database.read(REVOKED_KEY.to_record, REVOKED)
