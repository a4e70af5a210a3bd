"""Deletes, batch by batch, what nobody needs any more."""

from datetime import datetime

from adapters.storage.postgres.connection import first
from adapters.storage.postgres.database import Database

PURGE = """
WITH old_sessions AS (
    DELETE FROM sessions WHERE id IN (
        SELECT id FROM sessions WHERE least(ended_at, expires_at) < %(at)s
        LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ) RETURNING id
), old_tokens AS (
    DELETE FROM one_time_tokens WHERE id IN (
        SELECT id FROM one_time_tokens WHERE expires_at < %(at)s
        LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ) RETURNING id
), old_events AS (
    DELETE FROM events WHERE id IN (
        SELECT id FROM events WHERE at < %(keep_events_since)s AND due_at IS NULL
        LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ) RETURNING id
)
SELECT (SELECT count(*) FROM old_sessions) + (SELECT count(*) FROM old_tokens)
    + (SELECT count(*) FROM old_events)
"""


async def purge(
    database: Database, *, at: datetime, keep_events_since: datetime, limit: int
) -> int:
    (deleted,) = await database.write(
        first, PURGE, at=at, keep_events_since=keep_events_since, limit=limit
    )
    return int(deleted)
