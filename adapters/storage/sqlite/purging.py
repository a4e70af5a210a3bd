"""Deletes, batch by batch, what nobody needs any more."""

from datetime import datetime
from sqlite3 import Connection

from adapters.storage.sqlite.database import Database
from adapters.storage.sqlite.rows import to_text

SESSIONS = """
DELETE FROM sessions WHERE id IN (
    SELECT id FROM sessions WHERE ended_at < :at OR expires_at < :at LIMIT :limit
)
"""

TOKENS = """
DELETE FROM one_time_tokens WHERE id IN (
    SELECT id FROM one_time_tokens WHERE expires_at < :at LIMIT :limit
)
"""

# So that nothing of who is gone stays in the index of texts: it forgets when it is put
# together, a part of so many pages at a time.
FORGET = "INSERT INTO user_grams (user_grams, rank) VALUES ('merge', -256)"

EVENTS = """
DELETE FROM events WHERE seq IN (
    SELECT seq FROM events WHERE at < :keep_events_since AND due_at IS NULL LIMIT :limit
)
"""


async def purge(
    database: Database, *, at: datetime, keep_events_since: datetime, limit: int
) -> int:
    values = {
        "at": to_text(at),
        "keep_events_since": to_text(keep_events_since),
        "limit": limit,
    }

    def change(db: Connection) -> int:
        db.execute(FORGET)
        deletes = (SESSIONS, TOKENS, EVENTS)
        return sum(db.execute(delete, values).rowcount for delete in deletes)

    return await database.write(change)
