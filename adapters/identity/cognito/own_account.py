"""What somebody in the pool may do about themselves."""

from dataclasses import dataclass

from adapters.identity.cognito import people
from adapters.identity.cognito.administration import (
    changed_by,
    demand_free_username,
    removed,
)
from adapters.identity.cognito.directory import Directory
from adapters.identity.cognito.looks import Looks
from adapters.identity.cognito.passwords import proven
from adapters.identity.cognito.sessions import CognitoSessions
from core import errors
from core.identity.throttle import Throttle
from core.model import (
    Caller,
    Client,
    EventFilter,
    Role,
    Session,
    SessionId,
    SignedIn,
    User,
    UserEdit,
    UserId,
)
from core.model.events import Event
from core.permissions import Guarded, allowed, for_anybody
from core.ports import EmailNormalizer
from core.ports.administration import Audit, Page, SessionAdministration, Summary
from core.ports.own_account import EmailChange, Export, OwnAccount, OwnSessions


@dataclass(frozen=True, slots=True, kw_only=True)
class CognitoOwnAccount(OwnAccount, Guarded):
    directory: Directory
    sessions: CognitoSessions
    looks: Looks
    emails: EmailNormalizer
    throttle: Throttle

    @allowed(*Role)
    async def change(self, by: SignedIn, edit: UserEdit) -> User:
        sub, user = await self.directory.of_id(by.identity.user.id)
        edit = changed_by(edit, user, self.emails)
        if "username" in edit:
            await demand_free_username(self.directory, user, edit["username"])
        if attributes := people.of_edit(edit):
            await self.directory.pool.of_admin(
                "admin_update_user_attributes", Username=sub, UserAttributes=attributes
            )
            self.looks.forget_user(sub)
        return await self.directory.read(sub)

    @allowed(*Role)
    async def delete(self, by: SignedIn, password: str) -> None:
        user = by.identity.user
        await proven(self.sessions, self.throttle, user, password, by.client)
        sub, user = await self.directory.of_id(user.id)
        await removed(self.directory, self.looks, sub, user)

    @allowed(*Role)
    async def export(self, by: SignedIn) -> Export:
        """Return what the pool has on them; it tells of no log-ins and no events."""
        _, user = await self.directory.of_id(by.identity.user.id)
        return Export(user=user, devices=(), sessions=(), tokens=(), events=())


@dataclass(frozen=True, slots=True)
class NoSessionLists(OwnSessions, Guarded):
    """The pool tells of no log-ins, and ends all of a user's or the one whose token it sees."""

    @allowed(*Role)
    async def list(
        self, by: SignedIn, *, cursor: str | None, limit: int
    ) -> Page[Session]:
        raise errors.NotWithCognito

    @allowed(*Role)
    async def end(self, by: SignedIn, session_id: SessionId) -> None:
        raise errors.NotWithCognito

    @allowed(*Role)
    async def end_others(self, by: SignedIn) -> int:
        raise errors.NotWithCognito


@dataclass(frozen=True, slots=True)
class NoEmailChanges(EmailChange, Guarded):
    """An administrator changes addresses: the pool's own way has no undo."""

    @allowed(*Role)
    async def request(self, by: SignedIn, *, password: str, new_email: str) -> None:
        raise errors.NotWithCognito

    @for_anybody
    async def owner(self, mail_token: str, *, undo: bool) -> tuple[User, str]:
        raise errors.NotWithCognito

    @for_anybody
    async def confirm(self, mail_token: str, client: Client) -> User:
        raise errors.NotWithCognito

    @for_anybody
    async def undo(self, mail_token: str, client: Client) -> User:
        raise errors.NotWithCognito


@dataclass(frozen=True, slots=True)
class CognitoLogIns(SessionAdministration, Guarded):
    """All of somebody's log-ins at once."""

    directory: Directory
    sessions: CognitoSessions

    @allowed(Role.ADMIN)
    async def list(
        self, by: Caller, user_id: UserId, *, cursor: str | None, limit: int
    ) -> Page[Session]:
        raise errors.NotWithCognito

    @allowed(Role.ADMIN)
    async def end(self, by: Caller, session_id: SessionId) -> None:
        raise errors.NotWithCognito

    @allowed(Role.ADMIN)
    async def end_all(self, by: Caller, user_id: UserId) -> int:
        """Return 0: the pool does not tell how many those were."""
        _, user = await self.directory.of_id(user_id)
        await self.sessions.end_all(user)
        return 0


@dataclass(frozen=True, slots=True)
class NoAudit(Audit, Guarded):
    """What happens in the pool, AWS CloudTrail and the pool's own logs tell."""

    @allowed(Role.ADMIN)
    async def find(
        self, by: Caller, wanted: EventFilter, *, cursor: str | None, limit: int
    ) -> Page[Event]:
        raise errors.NotWithCognito

    @allowed(Role.ADMIN)
    async def summary(self, by: Caller) -> Summary:
        raise errors.NotWithCognito
