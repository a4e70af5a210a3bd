"""Log-ins, in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from adapters.storage.memory.paging import page_of
from adapters.storage.memory.tables import Tables, owned
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


@dataclass(frozen=True, slots=True)
class MemorySessions(SessionRepository):
    tables: Tables

    async def open(
        self,
        session: Session,
        *,
        stamp: int,
        devices: Sequence[str],
        events: Sequence[Event],
    ) -> bool:
        if not self.tables.may_log_in(session.user_id, stamp):
            return False
        user = self.tables.users[session.user_id]
        self.tables.update(user, last_login_at=session.created_at)
        self.tables.devices[user.id] = tuple(devices)
        self.tables.sessions[session.id] = owned(session)
        self.tables.record(events)
        return True

    async def identities(
        self, session_ids: Collection[SessionId]
    ) -> Mapping[SessionId, Identity]:
        asked = (self.tables.sessions.get(session_id) for session_id in session_ids)
        found = (session for session in asked if session is not None)
        users = self.tables.users
        return {s.id: Identity(session=s, user=users[s.user_id]) for s in found}

    async def of_user(
        self,
        user_id: UserId,
        *,
        at: datetime,
        after: Place | None,
        limit: int,
        count_to: int,
    ) -> Found[Session]:
        live = [it for it in self.tables.unended(user_id) if it.is_live(at)]
        return page_of(
            [(Place(it.created_at, it.id), it) for it in live],
            after=after,
            descending=True,
            limit=limit,
            count_to=count_to,
        )

    async def advance(self, session: Session, *, events: Sequence[Event]) -> bool:
        stored = self.tables.sessions.get(session.id)
        if stored is None or stored.ended_at is not None:
            return False
        if stored.generation != session.generation - 1:
            return False
        advanced = replace(
            stored,
            generation=session.generation,
            rotations=session.rotations,
            last_used_at=session.last_used_at,
            expires_at=session.expires_at,
            client=session.client,
        )
        self.tables.sessions[session.id] = owned(advanced)
        self.tables.record(events)
        return True

    async def note_client(
        self,
        session_id: SessionId,
        *,
        old: Client,
        new: Client,
        events: Sequence[Event],
    ) -> bool:
        stored = self.tables.sessions.get(session_id)
        if stored is None or stored.ended_at is not None or stored.client != old:
            return False
        self.tables.sessions[session_id] = replace(stored, client=new)
        self.tables.record(events)
        return True

    async def end(
        self,
        session_id: SessionId,
        *,
        at: datetime,
        reason: EndReason,
        events: Sequence[Event],
    ) -> bool:
        session = self.tables.sessions.get(session_id)
        if session is None or session.ended_at is not None:
            return False
        self.tables.end([session], at, reason)
        self.tables.record(events)
        return True

    async def end_all(
        self,
        user_id: UserId,
        *,
        keep: SessionId | None = None,
        at: datetime,
        reason: EndReason,
        events: Sequence[Event],
    ) -> int:
        self.tables.record(events)
        ended = [it for it in self.tables.unended(user_id) if it.id != keep]
        return self.tables.end(ended, at, reason)

    async def end_of_inactive(
        self, user_id: UserId, *, at: datetime, events: Sequence[Event]
    ) -> int:
        known = [s for s in self.tables.unended(user_id) if s.created_at <= at]
        if known:
            self.tables.record(events)
        return self.tables.end(known, at, EndReason.USER_INACTIVE)
