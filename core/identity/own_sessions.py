"""The log-ins of who asks."""

from dataclasses import dataclass

from core.identity.session_lists import SessionLists
from core.model import EndReason, Role, Session, SessionId, SignedIn
from core.permissions import Guarded, allowed
from core.ports.administration import Page
from core.ports.own_account import OwnSessions


@dataclass(frozen=True, slots=True)
class OwnSessionLists(OwnSessions, Guarded):
    """Use cases of who is signed in, about their log-ins."""

    lists: SessionLists

    @allowed(*Role)
    async def list(
        self, by: SignedIn, *, cursor: str | None, limit: int
    ) -> Page[Session]:
        return await self.lists.page(by.identity.user.id, cursor=cursor, limit=limit)

    @allowed(*Role)
    async def end(self, by: SignedIn, session_id: SessionId) -> None:
        owner = by.identity.user.id
        await self.lists.end(session_id, by, EndReason.LOGGED_OUT, owner=owner)

    @allowed(*Role)
    async def end_others(self, by: SignedIn) -> int:
        user_id, this = by.identity.user.id, by.identity.session.id
        reason = EndReason.LOGGED_OUT_EVERYWHERE
        return await self.lists.end_all(user_id, by, reason, keep=this)
