"""
What a door may ask on behalf of administrators and operators.

As with ``driving``, ``core.administration`` is one implementation. Every method is for
callers with the role ``ADMIN`` and for operators, and raises ``Forbidden`` for others,
before anything else. What it changes is stored with the events that tell of it: who did it,
from where, and what was before and is now. ``UserNotFound`` is raised wherever a user is
named and there is none. Nobody gets to see a password, a token or a hash.
"""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, Protocol, TypeVar

from core.model import (
    Caller,
    EventFilter,
    Profile,
    Session,
    SessionId,
    TallyKind,
    User,
    UserCounts,
    UserEdit,
    UserFilter,
    UserId,
    UserOrder,
)
from core.model.events import Event

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """
    A part of a list; ``next_cursor`` leads to the next, None on the last.

    ``total`` is exact, unless ``total_is_at_least`` is true: then there are more.
    """

    items: Sequence[T]
    next_cursor: str | None
    total: int
    total_is_at_least: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """
    A user, and how they stand.

    ``locked_until`` is when somebody may try a password again after failures in a row,
    from an address that is not known; None if at once.
    """

    user: User
    locked_until: datetime | None
    live_sessions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What happened on a day in UTC."""

    date: date
    counts: dict[TallyKind, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The whole service in figures; ``days`` are the latest 30, today's last."""

    users: UserCounts
    live_sessions: int
    mails_waiting: int
    oldest_mail: datetime | None
    days: Sequence[Day]
    at: datetime
    """When it was so: at most a minute ago."""


class UserAdministration(Protocol):
    """
    Users, as administrators see and change them.

    Lists raise ``InvalidCursor`` for what is no cursor of the same list. What their cursors
    hold through, the ports of the storage say.
    """

    @abstractmethod
    async def find(
        self,
        by: Caller,
        wanted: UserFilter,
        order: UserOrder,
        *,
        cursor: str | None,
        limit: int,
    ) -> Page[User]:
        """Return the wanted users; ``text`` may be written in any case and any form."""

    @abstractmethod
    async def look(self, by: Caller, user_id: UserId) -> Report:
        """Return a user, and how they stand."""

    @abstractmethod
    async def named(self, by: Caller, name: str) -> User:
        """Return who has this id, else this e-mail address, else this username."""

    @abstractmethod
    async def invite(self, by: Caller, profile: Profile) -> User:
        """
        Add a user without a password, and mail them an invitation.

        Raises ``EmailTaken``, else ``UsernameTaken``.
        """

    @abstractmethod
    async def invite_again(self, by: Caller, user_id: UserId) -> None:
        """Mail a new invitation; older ones are void. ``NotApplicable`` for who has a password."""

    @abstractmethod
    async def create(self, by: Caller, profile: Profile, password: str) -> User:
        """
        Add a user with a password, whose address counts as verified; operators only.

        Raises ``PasswordRejected``, else as ``invite``.
        """

    @abstractmethod
    async def change(
        self, by: Caller, user_id: UserId, edit: UserEdit, *, stamp: int | None
    ) -> User:
        """
        Change a user; return the user after.

        ``stamp`` is that of the user the change was decided on, None for whatever it is.
        A new address ends all sessions, and is to be verified by a mail, unless
        ``is_verified`` says that it is; the one before is told, if it was proved. So is a
        change of role. Deactivation ends all sessions. What is so already changes nothing,
        and nothing is told of it.

        Raises ``UserChanged`` for another stamp, ``OwnAccount`` for the caller's own role
        or activity, ``EmailTaken``, else ``UsernameTaken``, and ``LastAdmin``.
        """

    @abstractmethod
    async def delete(
        self, by: Caller, user_id: UserId, *, stamp: int | None = None
    ) -> None:
        """
        Remove a user and all that names them, after a last mail.

        ``stamp`` is as for a change. Raises ``UserChanged`` and ``LastAdmin``.
        """

    @abstractmethod
    async def mail_reset(self, by: Caller, user_id: UserId) -> None:
        """Mail a token that sets a new password; ``NotApplicable`` for who is inactive."""

    @abstractmethod
    async def mail_verification(self, by: Caller, user_id: UserId) -> None:
        """
        Mail a token that proves the address.

        ``NotApplicable`` for who is inactive, or has proved it.
        """

    @abstractmethod
    async def unlock(self, by: Caller, user_id: UserId) -> None:
        """Forget the failures that put log-ins off."""


class SessionAdministration(Protocol):
    """Anybody's log-ins."""

    @abstractmethod
    async def list(
        self, by: Caller, user_id: UserId, *, cursor: str | None, limit: int
    ) -> Page[Session]:
        """Return the live sessions of a user, the newest first."""

    @abstractmethod
    async def end(self, by: Caller, session_id: SessionId) -> None:
        """End one; raises ``SessionNotFound`` unless it is live."""

    @abstractmethod
    async def end_all(self, by: Caller, user_id: UserId) -> int:
        """End all of a user; return how many those were."""


class Audit(Protocol):
    """What happened, and figures of it."""

    @abstractmethod
    async def find(
        self, by: Caller, wanted: EventFilter, *, cursor: str | None, limit: int
    ) -> Page[Event]:
        """Return the wanted events, the latest first."""

    @abstractmethod
    async def summary(self, by: Caller) -> Summary:
        """Return the service in figures; however often it is asked, it looks once a minute."""
