"""
What a door may ask about accounts and log-ins, whoever keeps them.

``core.identity`` is one implementation; another may leave users, passwords and tokens to
a provider of identities. To a client they are the same: each law here has its test in
``tests/contract``, which every implementation passes.

A refusal changes nothing, unless its law says otherwise, and but for ``EmailTaken`` none
tells whether an address is known. Of those who race for what can be done once, all but one
are refused as if they came later. What a method changed counts from its return on, for
every caller. No method waits for a mail. ``client`` is who asks, for the audit and for
limits.

Any method may raise ``Unavailable``, those that take a password ``Overloaded``, too, and
nothing else but what its law names.
"""

from abc import abstractmethod
from typing import Protocol

from core import errors
from core.model import Client, Grant, Identity, Locale, User

NO_IDENTITY = (
    errors.NotAuthenticated,
    errors.InvalidToken,
    errors.ExpiredToken,
    errors.SessionEnded,
)
"""Refusals of an access token."""


class Registration(Protocol):
    """How accounts begin."""

    @abstractmethod
    async def register(  # noqa: PLR0913 - all that a user begins with
        self,
        *,
        email: str,
        username: str,
        password: str,
        full_name: str | None,
        locale: Locale | None,
        client: Client,
    ) -> User:
        """
        Add a user and mail them a token that proves the address; return the user.

        ``locale`` is the language of their mails. They are active, have the role ``USER`` and have proved nothing yet; names are
        kept as typed. Raises ``PasswordRejected``, else ``EmailTaken`` for an address
        that another user has, however it is typed, else ``UsernameTaken`` likewise: of
        any number of callers with one name, one succeeds.
        """


class EmailVerification(Protocol):
    """
    Proving an address by what was mailed to it.

    ``mail_token`` is what the mail carried, or anything else. It is good until it is
    spent, a newer one is mailed, or its time is over (24 hours, if nobody set another).
    Those who present it raise ``InvalidMailToken`` if it is not, and of that
    ``EmailAlreadyVerified`` for one that was spent on verifying, as long as it would
    have been good.
    """

    @abstractmethod
    async def request(self, email: str, client: Client) -> None:
        """Have a new token mailed if there is something to prove; nobody learns whether."""

    @abstractmethod
    async def owner(self, mail_token: str) -> User:
        """Return whose address it would prove; spend nothing, however often one looks."""

    @abstractmethod
    async def verify(self, mail_token: str, client: Client) -> User:
        """Spend it, and return the user, who is verified now."""

    @abstractmethod
    async def reject(self, mail_token: str, client: Client) -> None:
        """
        Spend it on removing the account: whoever has the mailbox did not make it.

        Log-ins end, other mails are void, address and username are free, and nobody gets
        the id again. ``EmailAlreadyVerified`` if the user is verified, whatever by, and
        ``InvalidMailToken`` if the account had another address before. Of
        any number of callers of ``verify`` and this, one succeeds.
        """


class PasswordReset(Protocol):
    """
    Setting a new password by what was mailed.

    ``mail_token`` is as with ``EmailVerification``, and good for nothing there, nor the
    other way round; it lives an hour. Those who present it raise ``InvalidMailToken``.
    """

    @abstractmethod
    async def request(self, email: str, client: Client) -> None:
        """Have a token mailed if an active user has the address; nobody learns whether."""

    @abstractmethod
    async def owner(self, mail_token: str) -> User:
        """Return whose password it would reset; spend nothing, however often one looks."""

    @abstractmethod
    async def reset(self, mail_token: str, new_password: str, client: Client) -> User:
        """
        Spend it on a new password, end all log-ins, and return the user.

        The address is proved by it. ``client`` may log in then, however often others
        guessed wrong. Raises ``PasswordRejected`` before anything is spent. Of any
        number of callers, one succeeds.
        """


class PasswordChange(Protocol):
    """Setting a new password by the current one."""

    @abstractmethod
    async def change(
        self,
        identity: Identity,
        *,
        current_password: str,
        new_password: str,
        client: Client,
    ) -> Grant:
        """
        Replace the password, end all log-ins, and return the tokens of a new one.

        So a copy of the caller's tokens is worth nothing, either. A reset that was mailed
        stays good: the mailbox outranks the password. Raises ``PasswordRejected``,
        ``TooManyAttempts``, ``WrongCurrentPassword``, and ``SessionEnded`` if the
        caller's log-in ended since. Of any number of callers with one password, one
        succeeds.
        """


class Identification(Protocol):
    """Whose access token it is; asked by every request that carries one."""

    @abstractmethod
    async def identify(self, access_token: str | None) -> Identity:
        """
        Return user and session as they are now, whatever the token says.

        Raises one of ``NO_IDENTITY``: ``NotAuthenticated`` for None, ``InvalidToken``
        for what is no access token of ours, ``ExpiredToken`` as soon as the time is over
        that its ``Grant`` told, ``SessionEnded`` if its log-in ended or its user is
        inactive.
        """


class SessionManagement(Protocol):
    """
    Log-ins, from the first to the last of their tokens.

    A log-in that ended never counts again. Those of a user who is met inactive end, even
    if the user is active again later.
    """

    @abstractmethod
    async def log_in(self, *, email: str, password: str, client: Client) -> Grant:
        """
        Return the tokens of a new log-in, beside all others of the user.

        The address may be typed in any way. Raises ``TooManyAttempts``; and
        ``InvalidCredentials``, the same for an address that nobody has and for a wrong
        password. ``AccountInactive``, and ``EmailNotVerified`` where the operator demands
        it, are only told who has the right password.
        """

    @abstractmethod
    async def refresh(self, refresh_token: str, client: Client) -> Grant:
        """
        Return a new access token, and the refresh token to use from now on.

        Whoever lost the answer may ask again at once, and so may any number of callers,
        unless the operator is strict. The session keeps who came last. Raises
        ``TooManyAttempts``, and ``InvalidRefreshToken`` for what is no refresh token of
        ours, has expired or is of an ended log-in; also for late use of one that was
        replaced, which may be taken for theft and then ends the log-in. Nothing else that
        is refused ends one.
        """

    @abstractmethod
    async def log_out(
        self, access_token: str | None, refresh_token: str | None, client: Client
    ) -> None:
        """
        End the log-in of the access token, and that of the refresh token.

        The refresh token suffices, whatever is wrong with the access token; beside a
        good one it ends nothing unless it is the same user's. Raises one of
        ``NO_IDENTITY`` where neither is good.
        """

    @abstractmethod
    async def log_out_everywhere(self, identity: Identity, client: Client) -> int:
        """End all the user's log-ins; return how many those were."""
