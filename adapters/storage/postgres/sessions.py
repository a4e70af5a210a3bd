"""Log-ins, in Postgres."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from adapters.storage.postgres.connection import first
from adapters.storage.postgres.database import Database
from adapters.storage.postgres.events import recording
from adapters.storage.postgres.rows import (
    SESSION,
    USER,
    from_events,
    from_session,
    to_identity,
)
from core.events import Event
from core.model import EndReason, Identity, Session, SessionId, UserId
from core.ports import SessionRepository

# The lock makes a change of password wait, which then ends this session, too.
OPEN = f"""
WITH owner AS (
    SELECT id FROM users
    WHERE id = %(user_id)s AND password_hash = %(password_hash)s FOR SHARE
), opened AS (
    INSERT INTO sessions (id, user_id, generation, rotations, created_at, last_used_at,
        expires_at, ended_at, end_reason, address, label)
    SELECT %(id)s, id, %(generation)s, %(rotations)s::timestamptz[], %(created_at)s,
        %(last_used_at)s, %(expires_at)s, %(ended_at)s, %(end_reason)s, %(address)s,
        %(label)s
    FROM owner RETURNING id
), told AS ({recording("opened")})
SELECT id FROM opened
"""  # noqa: S608 - names of ours

IDENTITIES = f"""
SELECT {SESSION}, {USER} FROM sessions JOIN users ON users.id = sessions.user_id
WHERE sessions.id = ANY(%(ids)s)
"""  # noqa: S608 - columns

ADVANCE = """
UPDATE sessions SET generation = %(generation)s, rotations = %(rotations)s,
    last_used_at = %(last_used_at)s, expires_at = %(expires_at)s
WHERE id = %(id)s AND generation = %(generation)s - 1 AND ended_at IS NULL
RETURNING id
"""

END = f"""
WITH ended AS (
    UPDATE sessions SET ended_at = %(at)s, end_reason = %(reason)s
    WHERE id = %(id)s AND ended_at IS NULL RETURNING id
), told AS ({recording("ended")})
SELECT id FROM ended
"""  # noqa: S608 - names of ours

# In the order of their ids, so that no two callers wait for each other.
END_ALL = """
UPDATE sessions SET ended_at = %(at)s, end_reason = %(reason)s
WHERE id IN (
    SELECT id FROM sessions
    WHERE user_id = %(user_id)s AND ended_at IS NULL
        AND id IS DISTINCT FROM %(keep)s::text
    ORDER BY id FOR UPDATE
)
RETURNING id
"""

END_ALL_AND_TELL = f"""
WITH ended AS ({END_ALL}), told AS ({recording()})
SELECT id FROM ended
"""  # noqa: S608 - names of ours


@dataclass(frozen=True, slots=True)
class PostgresSessions(SessionRepository):
    database: Database

    async def open(
        self, session: Session, *, password_hash: str, events: Sequence[Event]
    ) -> bool:
        opened = await self.database.write(
            first,
            OPEN,
            **from_session(session),
            password_hash=password_hash,
            events=from_events(events),
        )
        return bool(opened)

    async def identities(
        self, session_ids: Collection[SessionId]
    ) -> Mapping[SessionId, Identity]:
        found = await self.database.read(to_identity, IDENTITIES, ids=list(session_ids))
        return {identity.session.id: identity for identity in found}

    async def advance(self, session: Session) -> bool:
        return bool(await self.database.write(first, ADVANCE, **from_session(session)))

    async def end(
        self,
        session_id: SessionId,
        *,
        at: datetime,
        reason: EndReason,
        events: Sequence[Event],
    ) -> bool:
        ended = await self.database.write(
            first,
            END,
            id=session_id,
            at=at,
            reason=reason,
            events=from_events(events),
        )
        return bool(ended)

    async def end_all(
        self,
        user_id: UserId,
        *,
        at: datetime,
        reason: EndReason,
        events: Sequence[Event],
    ) -> int:
        ended = await self.database.write(
            first,
            END_ALL_AND_TELL,
            user_id=user_id,
            keep=None,
            at=at,
            reason=reason,
            events=from_events(events),
        )
        return len(ended)
