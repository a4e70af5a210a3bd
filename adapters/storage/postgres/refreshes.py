"""Sessions that are refreshed: many at one moment share a statement, and its way to the disk."""

from collections.abc import Sequence

from adapters.storage.postgres.connection import first
from adapters.storage.postgres.database import Database
from adapters.storage.postgres.events import recording
from adapters.storage.postgres.rows import (
    SESSION,
    SESSION_AS_JSON,
    as_one_value,
    from_events,
)
from adapters.storage.records import REFRESHED
from adapters.storage.statements import compose
from core.coalescing import Coalesced
from core.model import Session
from core.model.events import Event

ADVANCE = compose(
    """
WITH advanced AS (
    UPDATE sessions SET $refreshed
    WHERE id = %(id)s AND generation = %(generation)s - 1 AND ended_at IS NULL
    RETURNING id
), told AS ($recording)
SELECT id FROM advanced
""",
    refreshed=SESSION.changes(REFRESHED),
    recording=recording("advanced"),
)

# Those that somebody else is changing are left out: nobody waits here for anybody.
ADVANCE_FREE = compose(
    """
WITH given AS (
    SELECT * FROM jsonb_populate_recordset(NULL::sessions, %(sessions)s)
), free AS (
    SELECT sessions.id FROM sessions JOIN given ON given.id = sessions.id
    WHERE sessions.generation = given.generation - 1 AND sessions.ended_at IS NULL
    FOR UPDATE OF sessions SKIP LOCKED
)
UPDATE sessions SET $refreshed FROM given JOIN free ON free.id = given.id
WHERE sessions.id = given.id
RETURNING sessions.id
""",
    refreshed=SESSION.changes(REFRESHED, of="given"),
)


class Refreshes:
    """Stores what refreshes change."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._free = Coalesced(
            self._advance_free, lambda: database.queue + database.patience
        )

    async def advance(self, session: Session, events: Sequence[Event]) -> bool:
        """Store one, together with others where nothing keeps it; else by itself."""
        if not events and await self._free.ask(session):
            return True
        values = {**SESSION.values(session), "events": from_events(events)}
        return bool(await self._database.write(first, ADVANCE, **values))

    async def _advance_free(self, sessions: Sequence[Session]) -> list[bool]:
        each_once = {session.id: session for session in sessions}
        values = as_one_value(map(SESSION_AS_JSON.values, each_once.values()))
        try:
            done = await self._database.write(first, ADVANCE_FREE, sessions=values)
        except ValueError:
            done = []  # one of them can't be stored, which is nothing to the others
        stored = set(done)
        return [
            session.id in stored and session is each_once[session.id]
            for session in sessions
        ]
