"""Log-ins, in SQLite."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from sqlite3 import Connection

from adapters.storage.records import REFRESHED
from adapters.storage.sqlite.database import Database
from adapters.storage.sqlite.events import record
from adapters.storage.sqlite.rows import AFTER_ALL, IDENTITY, SESSION, to_text, to_value
from adapters.storage.statements import compose
from core.model import (
    Client,
    EndReason,
    Found,
    Identity,
    Place,
    Session,
    SessionId,
    UserId,
)
from core.model.events import Event
from core.ports import SessionRepository

INSERT = SESSION.insert

# One parameter for any number of ids: SQLite limits how many there may be.
IDENTITIES = compose(
    "SELECT $columns FROM sessions JOIN users ON users.id = sessions.user_id"
    " WHERE sessions.id IN (SELECT value FROM json_each(?))",
    columns=IDENTITY.columns,
)

ADVANCE = compose(
    "UPDATE sessions SET $refreshed"
    " WHERE id = :id AND generation = :generation - 1 AND ended_at IS NULL",
    refreshed=SESSION.changes(REFRESHED),
)

LIVE = compose(
    "sessions INDEXED BY sessions_live_user"
    " WHERE user_id = :user_id AND ended_at IS NULL AND expires_at > :at"
)

COUNT_LIVE = compose(
    "SELECT count(*) FROM (SELECT 1 FROM $live LIMIT :count_to)", live=LIVE
)

FIND_LIVE = compose(
    "SELECT $columns FROM $live AND (created_at, id) < (:value, :key)"
    " ORDER BY created_at DESC, id DESC LIMIT :limit",
    columns=SESSION.columns,
    live=LIVE,
)

LOG_IN = """
UPDATE users SET last_login_at = ?, devices = ? WHERE id = ? AND stamp = ? AND is_active
"""

END_ALL = (
    "UPDATE sessions SET ended_at = ?, end_reason = ?"
    " WHERE user_id = ? AND ended_at IS NULL"
)


@dataclass(frozen=True, slots=True)
class SqliteSessions(SessionRepository):
    database: Database

    async def open(
        self,
        session: Session,
        *,
        stamp: int,
        devices: Sequence[str],
        events: Sequence[Event],
    ) -> bool:
        known = json.dumps(list(devices))
        values = (to_text(session.created_at), known, session.user_id, stamp)

        def change(db: Connection) -> bool:
            if not db.execute(LOG_IN, values).rowcount:
                return False
            store_session(db, session)
            record(db, events)
            return True

        return await self.database.write(change)

    async def identities(
        self, session_ids: Collection[SessionId]
    ) -> Mapping[SessionId, Identity]:
        asked = json.dumps(list(session_ids))
        rows = await self.database.read(
            lambda db: db.execute(IDENTITIES, (asked,)).fetchall()
        )
        return {row[0]: IDENTITY.to_record(row) for row in rows}

    async def of_user(
        self,
        user_id: UserId,
        *,
        at: datetime,
        after: Place | None,
        limit: int,
        count_to: int,
    ) -> Found[Session]:
        begin = after or AFTER_ALL
        values = {
            "user_id": user_id,
            "at": to_text(at),
            "value": to_value(begin.value),
            "key": str(begin.key),
            "limit": limit,
            "count_to": count_to,
        }

        def query(db: Connection) -> Found[Session]:
            ((total,),) = db.execute(COUNT_LIVE, values).fetchall()
            found = map(SESSION.to_record, db.execute(FIND_LIVE, values).fetchall())
            return Found([(Place(it.created_at, it.id), it) for it in found], total)

        return await self.database.read(query)

    async def advance(self, session: Session, *, events: Sequence[Event]) -> bool:
        return await self._change(ADVANCE, SESSION.values(session), events)

    async def note_client(
        self,
        session_id: SessionId,
        *,
        old: Client,
        new: Client,
        events: Sequence[Event],
    ) -> bool:
        return await self._change(
            "UPDATE sessions SET address = ?, label = ?"
            " WHERE id = ? AND address = ? AND label = ? AND ended_at IS NULL",
            (new.address, new.label, session_id, old.address, old.label),
            events,
        )

    async def end(
        self,
        session_id: SessionId,
        *,
        at: datetime,
        reason: EndReason,
        events: Sequence[Event],
    ) -> bool:
        return await self._change(
            "UPDATE sessions SET ended_at = ?, end_reason = ?"
            " WHERE id = ? AND ended_at IS NULL",
            (to_text(at), reason, session_id),
            events,
        )

    async def end_all(
        self,
        user_id: UserId,
        *,
        keep: SessionId | None = None,
        at: datetime,
        reason: EndReason,
        events: Sequence[Event],
    ) -> int:
        def change(db: Connection) -> int:
            record(db, events)
            return end_sessions(db, user_id, keep=keep, at=at, reason=reason)

        return await self.database.write(change)

    async def end_of_inactive(
        self, user_id: UserId, *, at: datetime, events: Sequence[Event]
    ) -> int:
        def change(db: Connection) -> int:
            ended = db.execute(
                f"{END_ALL} AND created_at <= ?",
                (to_text(at), EndReason.USER_INACTIVE, user_id, to_text(at)),
            ).rowcount
            if ended:
                record(db, events)
            return ended

        return await self.database.write(change)

    async def _change(
        self,
        update: str,
        values: Mapping[str, object] | Sequence[object],
        events: Sequence[Event],
    ) -> bool:
        """Tell whether one session was updated; then the events are stored, too."""

        def change(db: Connection) -> bool:
            if db.execute(update, values).rowcount == 0:
                return False
            record(db, events)
            return True

        return await self.database.write(change)


def store_session(db: Connection, session: Session) -> None:
    db.execute(INSERT, SESSION.values(session))


def end_sessions(
    db: Connection,
    user_id: UserId,
    *,
    keep: SessionId | None = None,
    at: datetime,
    reason: EndReason,
) -> int:
    """Return how many sessions those were."""
    return db.execute(
        f"{END_ALL} AND id IS NOT ?", (to_text(at), reason, user_id, keep)
    ).rowcount
