"""Revoked keys, in Postgres."""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.storage.postgres.connection import first
from adapters.storage.postgres.database import Database
from adapters.storage.postgres.events import recording
from adapters.storage.postgres.rows import (
    REVOKED_KEY,
    from_events,
    from_revoked_key,
    to_revoked_key,
)
from core.model import RevokedKey
from core.model.events import Event
from core.ports import KeyRevocations

REVOKE = f"""
WITH revoked AS (
    INSERT INTO revoked_keys (kid, at) VALUES (%(kid)s, %(at)s)
    ON CONFLICT DO NOTHING RETURNING kid
), told AS ({recording("revoked")})
SELECT kid FROM revoked
"""  # noqa: S608 - names of ours

REVOKED = f"SELECT {REVOKED_KEY} FROM revoked_keys ORDER BY kid"  # noqa: S608 - columns


@dataclass(frozen=True, slots=True)
class PostgresRevocations(KeyRevocations):
    database: Database

    async def revoke(self, key: RevokedKey, *, events: Sequence[Event]) -> bool:
        values = {**from_revoked_key(key), "events": from_events(events)}
        return bool(await self.database.write(first, REVOKE, **values))

    async def revoked(self) -> Sequence[RevokedKey]:
        return await self.database.read(to_revoked_key, REVOKED)
