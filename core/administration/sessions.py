"""Other people's log-ins."""

from dataclasses import dataclass

from core import errors
from core.identity.session_lists import SessionLists
from core.model import Caller, EndReason, Role, Session, SessionId, UserId
from core.permissions import Guarded, allowed
from core.ports import UserRepository
from core.ports.administration import Page, SessionAdministration


@dataclass(frozen=True, slots=True)
class UserSessions(SessionAdministration, Guarded):
    """Use cases of administrators and operators, about anybody's log-ins."""

    users: UserRepository
    lists: SessionLists

    @allowed(Role.ADMIN)
    async def list(
        self, by: Caller, user_id: UserId, *, cursor: str | None, limit: int
    ) -> Page[Session]:
        await self._demand(user_id)
        return await self.lists.page(user_id, cursor=cursor, limit=limit)

    @allowed(Role.ADMIN)
    async def end(self, by: Caller, session_id: SessionId) -> None:
        await self.lists.end(session_id, by, EndReason.ENDED_BY_ADMIN)

    @allowed(Role.ADMIN)
    async def end_all(self, by: Caller, user_id: UserId) -> int:
        await self._demand(user_id)
        return await self.lists.end_all(user_id, by, EndReason.ENDED_BY_ADMIN)

    async def _demand(self, user_id: UserId) -> None:
        if await self.users.get(user_id) is None:
            raise errors.UserNotFound
