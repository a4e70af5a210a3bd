"""A user's log-ins: listed, and ended by whoever may."""

from dataclasses import dataclass
from datetime import datetime

from core import errors
from core.event_factory import EventFactory
from core.identity.user_changes import actor_of
from core.model import (
    Caller,
    EndReason,
    Found,
    Place,
    Session,
    SessionId,
    UserId,
)
from core.model.events import EventKind
from core.paging import Listing, paged
from core.ports import Clock, SessionRepository
from core.ports.administration import Page


@dataclass(frozen=True, slots=True)
class SessionLists:
    """What administrators and owners do alike."""

    sessions: SessionRepository
    clock: Clock
    events: EventFactory

    async def page(
        self, user_id: UserId, *, cursor: str | None, limit: int
    ) -> Page[Session]:
        """Return live sessions, the newest first; raises InvalidCursor."""
        now = self.clock.now()

        async def ask(after: Place | None, most: int, count_to: int) -> Found[Session]:
            return await self.sessions.of_user(
                user_id, at=now, after=after, limit=most, count_to=count_to
            )

        listing = Listing(("sessions", user_id), datetime, str)
        return await paged(ask, listing, cursor=cursor, limit=limit)

    async def end(
        self,
        session_id: SessionId,
        by: Caller,
        reason: EndReason,
        *,
        owner: UserId | None = None,
    ) -> None:
        """End a live session, of this owner if one is named; raises SessionNotFound."""
        now = self.clock.now()
        found = (await self.sessions.identities([session_id])).get(session_id)
        if found is None or not found.session.is_live(now):
            raise errors.SessionNotFound
        user_id = found.user.id
        if owner not in {None, user_id}:
            raise errors.SessionNotFound
        told = self.events.make(
            EventKind.SESSION_ENDED,
            now,
            actor_of(by),
            by.client,
            user_id=user_id,
            session_id=session_id,
            data={"reason": reason},
        )
        if not await self.sessions.end(
            session_id, at=now, reason=reason, events=[told]
        ):
            raise errors.SessionNotFound

    async def end_all(
        self,
        user_id: UserId,
        by: Caller,
        reason: EndReason,
        *,
        keep: SessionId | None = None,
    ) -> int:
        """End all of a user but one; return how many those were."""
        now = self.clock.now()
        told = self.events.make(
            EventKind.SESSIONS_ENDED,
            now,
            actor_of(by),
            by.client,
            user_id=user_id,
            data={"reason": reason},
        )
        return await self.sessions.end_all(
            user_id, keep=keep, at=now, reason=reason, events=[told]
        )
