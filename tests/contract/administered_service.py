"""What the laws of administration and of own accounts ask of a service, and their shorthand."""

from typing import Protocol, cast

from core.model import (
    Caller,
    Client,
    EventFilter,
    Grant,
    Operator,
    Purpose,
    SignedIn,
    User,
    UserEdit,
    UserFilter,
    UserId,
    UserOrder,
)
from core.model.events import Event, EventKind
from core.ports.administration import (
    Audit,
    SessionAdministration,
    UserAdministration,
)
from core.ports.own_account import (
    EmailChange,
    Invitations,
    OwnAccount,
    OwnSessions,
)
from tests.contract.driving_service import PHONE, Service

CONSOLE = Client(address="server", label="root")
OPERATOR = Operator(CONSOLE)
CHANGE, UNDO = Purpose.CHANGE_EMAIL, Purpose.UNDO_EMAIL


class AdministeredService(Service, Protocol):
    """All driving ports. Nobody is registered yet, and nothing is limited."""

    @property
    def user_administration(self) -> UserAdministration: ...
    @property
    def session_administration(self) -> SessionAdministration: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def own_account(self) -> OwnAccount: ...
    @property
    def own_sessions(self) -> OwnSessions: ...
    @property
    def email_changes(self) -> EmailChange: ...
    @property
    def invitations(self) -> Invitations: ...

    async def signed_in(self, grant: Grant, client: Client = PHONE) -> SignedIn:
        """Return the caller whose access token is in a grant."""

    async def admin(self, name: str = "root") -> SignedIn:
        """Return an administrator who is signed in, with ``PASSWORD``."""


async def look_up(service: AdministeredService, user_id: UserId) -> User:
    return (await service.user_administration.look(OPERATOR, user_id)).user


async def change(
    service: AdministeredService, by: Caller, user_id: UserId, **edit: object
) -> User:
    wanted = cast("UserEdit", edit)
    return await service.user_administration.change(by, user_id, wanted, stamp=None)


async def everybody(service: AdministeredService) -> list[User]:
    page = await service.user_administration.find(
        OPERATOR, UserFilter(), UserOrder(), cursor=None, limit=200
    )
    return list(page.items)


async def told(
    service: AdministeredService, kind: EventKind, user_id: UserId | None = None
) -> list[Event]:
    """Return what is told of a kind, the latest first."""
    wanted = EventFilter(kind=kind, user_id=user_id)
    page = await service.audit.find(OPERATOR, wanted, cursor=None, limit=200)
    return list(page.items)
