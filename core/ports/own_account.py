"""
What a door may ask on behalf of who is signed in, about themselves.

As with ``driving``, there may be several implementations. Every role may call these.
"""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.model import (
    Client,
    OneTimeToken,
    Session,
    SessionId,
    SignedIn,
    User,
    UserEdit,
)
from core.model.events import Event
from core.ports.administration import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """All that is held on a user, but for what would let others in: no hash, no token's id."""

    user: User
    devices: Sequence[str]
    sessions: Sequence[Session]
    tokens: Sequence[OneTimeToken]
    events: Sequence[Event]


class OwnAccount(Protocol):
    """The caller's own account."""

    @abstractmethod
    async def change(self, by: SignedIn, edit: UserEdit) -> User:
        """
        Change ``username``, ``full_name`` or ``locale``; return the user after.

        Raises ``UsernameTaken``. What is so already changes nothing.
        """

    @abstractmethod
    async def delete(self, by: SignedIn, password: str) -> None:
        """
        Remove the caller and all that names them, after a last mail.

        Raises ``TooManyAttempts``, ``WrongCurrentPassword`` and ``LastAdmin``.
        """

    @abstractmethod
    async def export(self, by: SignedIn) -> Export:
        """Return all that is held on the caller."""


class EmailChange(Protocol):
    """
    Changing an address by what is mailed to the new one, and undoing that by the old one.

    ``mail_token`` is as with ``EmailVerification``: each of the two is good for one thing
    only. Those who present it raise ``InvalidMailToken`` if it is not, and ``EmailTaken`` if
    somebody else has the address by now.
    """

    @abstractmethod
    async def request(self, by: SignedIn, *, password: str, new_email: str) -> None:
        """
        Have a token mailed to the new address, if nobody has it; the caller can't tell.

        Raises ``TooManyAttempts``, ``WrongCurrentPassword``, and ``NotApplicable`` for 72
        hours after an undo, unless the password was reset since.
        """

    @abstractmethod
    async def owner(self, mail_token: str, *, undo: bool) -> tuple[User, str]:
        """Return whose address would become which, by a confirmation or an undo."""

    @abstractmethod
    async def confirm(self, mail_token: str, client: Client) -> User:
        """
        Give the user the new address, which is verified by it; end all log-ins.

        Whatever was mailed to the old address is void, but for the undo that is mailed
        there, if it was proved. It is good for 72 hours from the latest change, and no later
        one replaces it: who took over an account can't get rid of it by changing the address
        twice.
        """

    @abstractmethod
    async def undo(self, mail_token: str, client: Client) -> User:
        """
        Give the user the old address back, end all log-ins, and mail a password reset there.

        Whoever changed the address knows the password, so it stays until the password was
        reset. Who has registered with the old address, and not proved it, is removed.
        """


class OwnSessions(Protocol):
    """The caller's own log-ins."""

    @abstractmethod
    async def list(
        self, by: SignedIn, *, cursor: str | None, limit: int
    ) -> Page[Session]:
        """Return the live ones, the newest first."""

    @abstractmethod
    async def end(self, by: SignedIn, session_id: SessionId) -> None:
        """End one; raises ``SessionNotFound`` unless it is the caller's and live."""

    @abstractmethod
    async def end_others(self, by: SignedIn) -> int:
        """End all but the one that asks; return how many those were."""


class Invitations(Protocol):
    """Setting the first password by what was mailed, as with ``PasswordReset``."""

    @abstractmethod
    async def owner(self, mail_token: str) -> User:
        """Return who is invited; spend nothing, however often one looks."""

    @abstractmethod
    async def accept(self, mail_token: str, new_password: str, client: Client) -> User:
        """Spend it on the first password; the address is proved by it. Return the user."""
