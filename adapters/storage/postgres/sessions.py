"""Log-ins, in Postgres."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from adapters.storage.postgres.connection import (
    Connection,
    fetch,
    first,
    transaction,
)
from adapters.storage.postgres.database import Database
from adapters.storage.postgres.events import recording
from adapters.storage.postgres.listing import Listing, Order, look
from adapters.storage.postgres.refreshes import Refreshes
from adapters.storage.postgres.rows import IDENTITY, SESSION, from_events
from adapters.storage.statements import compose, name
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

STORE = SESSION.insert

# The lock makes a change of password wait, which then ends this session, too.
OPEN = compose(
    """
WITH owner AS (
    UPDATE users SET last_login_at = %(created_at)s, devices = %(devices)s::text[]
    WHERE id = %(user_id)s AND stamp = %(stamp)s AND is_active
    RETURNING id
), opened AS (
    INSERT INTO sessions ($columns) SELECT $parameters FROM owner RETURNING id
), told AS ($recording)
SELECT id FROM opened
""",
    columns=SESSION.written,
    parameters=SESSION.parameters(),
    recording=recording("opened"),
)

IDENTITIES = compose(
    """
SELECT $identity FROM sessions JOIN users ON users.id = sessions.user_id
WHERE sessions.id = ANY(%(ids)s)
""",
    identity=IDENTITY.columns,
)

NOTE_CLIENT = compose(
    """
WITH noted AS (
    UPDATE sessions SET address = %(address)s, label = %(label)s
    WHERE id = %(id)s AND address = %(old_address)s AND label = %(old_label)s
        AND ended_at IS NULL
    RETURNING id
), told AS ($recording)
SELECT id FROM noted
""",
    recording=recording("noted"),
)

END = compose(
    """
WITH ended AS (
    UPDATE sessions SET ended_at = %(at)s, end_reason = %(reason)s
    WHERE id = %(id)s AND ended_at IS NULL RETURNING id
), told AS ($recording)
SELECT id FROM ended
""",
    recording=recording("ended"),
)

# A statement of its own: what comes after it sees the session which a change of password
# that it waited for has put in the place of the others. A log-in waits, too.
LOCK_USER = "SELECT FROM users WHERE id = %(user_id)s FOR SHARE"

# In the order of their ids, so that no two callers wait for each other.
END_ALL = compose("""
UPDATE sessions SET ended_at = %(at)s, end_reason = %(reason)s
WHERE id IN (
    SELECT id FROM sessions
    WHERE user_id = %(user_id)s AND ended_at IS NULL AND created_at <= %(opened_by)s
        AND id IS DISTINCT FROM %(keep)s::text
    ORDER BY id FOR UPDATE
)
RETURNING id
""")

# Nothing is told of who was removed meanwhile: that would name them for good.
END_ALL_AND_TELL = compose(
    """
WITH ended AS ($end_all), owner AS (SELECT FROM users WHERE id = %(user_id)s),
    told AS ($recording)
SELECT id FROM ended
""",
    end_all=END_ALL,
    recording=recording("owner"),
)

END_OF_INACTIVE = compose(
    """
WITH ended AS ($end_all), any_ended AS (SELECT FROM ended LIMIT 1),
    told AS ($recording)
SELECT id FROM ended
""",
    end_all=END_ALL,
    recording=recording("any_ended"),
)

ALL = {"opened_by": "infinity", "keep": None}
"""Of a user's sessions: whenever they were opened, and without an exception."""

NEWEST_FIRST = Order(
    name("created_at"), name("created_at"), compose("timestamptz"), name("id")
)

LIVE = (
    compose("user_id = %(user_id)s"),
    compose("ended_at IS NULL"),
    compose("expires_at > %(at)s"),
)


@dataclass(frozen=True, slots=True)
class PostgresSessions(SessionRepository):
    database: Database
    refreshes: Refreshes

    async def open(
        self,
        session: Session,
        *,
        stamp: int,
        devices: Sequence[str],
        events: Sequence[Event],
    ) -> bool:
        opened = await self.database.write(
            first,
            OPEN,
            **SESSION.values(session),
            stamp=stamp,
            devices=list(devices),
            events=from_events(events),
        )
        return bool(opened)

    async def identities(
        self, session_ids: Collection[SessionId]
    ) -> Mapping[SessionId, Identity]:
        found = await self.database.read(
            IDENTITY.to_record, IDENTITIES, ids=list(session_ids)
        )
        return {identity.session.id: identity for identity in found}

    async def of_user(
        self,
        user_id: UserId,
        *,
        at: datetime,
        after: Place | None,
        limit: int,
        count_to: int,
    ) -> Found[Session]:
        live = Listing(SESSION, LIVE, LIVE, {"user_id": user_id, "at": at})
        return await look(
            self.database,
            live,
            NEWEST_FIRST,
            after=after,
            limit=limit,
            count_to=count_to,
        )

    async def advance(self, session: Session, *, events: Sequence[Event]) -> bool:
        return await self.refreshes.advance(session, events)

    async def note_client(
        self,
        session_id: SessionId,
        *,
        old: Client,
        new: Client,
        events: Sequence[Event],
    ) -> bool:
        noted = await self.database.write(
            first,
            NOTE_CLIENT,
            id=session_id,
            address=new.address,
            label=new.label,
            old_address=old.address,
            old_label=old.label,
            events=from_events(events),
        )
        return bool(noted)

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
        keep: SessionId | None = None,
        at: datetime,
        reason: EndReason,
        events: Sequence[Event],
    ) -> int:
        return await self._end_all(
            END_ALL_AND_TELL,
            user_id=user_id,
            opened_by=ALL["opened_by"],
            keep=keep,
            at=at,
            reason=reason,
            events=from_events(events),
        )

    async def end_of_inactive(
        self, user_id: UserId, *, at: datetime, events: Sequence[Event]
    ) -> int:
        return await self._end_all(
            END_OF_INACTIVE,
            user_id=user_id,
            opened_by=at,
            keep=None,
            at=at,
            reason=EndReason.USER_INACTIVE,
            events=from_events(events),
        )

    async def _end_all(self, statement: str, **values: object) -> int:
        async def work(connection: Connection) -> int:
            async with transaction(connection):
                await connection.execute(LOCK_USER, values)
                return len(await fetch(connection, first, statement, values))

        return await self.database.run(work)
