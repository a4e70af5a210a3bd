"""
What can go wrong, as one tree; none of it knows HTTP.

AuthError                     what a client is told
|- EmailTaken, UsernameTaken
|- InvalidCredentials
|- AccountInactive, EmailNotVerified
|- NotAuthenticated
|- InvalidToken, ExpiredToken, SessionEnded
|- Forbidden
|- UserNotFound, SessionNotFound
|- UserChanged, ConditionRequired
|- OwnAccount, LastAdmin, NotApplicable
|- InvalidCursor
|- InvalidRefreshToken
|- InvalidMailToken
|  |- EmailAlreadyVerified
|- WrongCurrentPassword
|- PasswordRejected
|- TooManyAttempts
|- NotWithCognito, MoreThanPassword
|- Unavailable
   |- Overloaded
OperationError                what an operator is told; no client sees it
|- BadConfiguration
|  |- NothingStored, SchemaBehind
|- SecretNotFound, SecretDenied, SecretsUnavailable
|- MailRefused, MailUnavailable
"""

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar, Self

from core.model import Quota, UserId
from core.redaction import redacted


class AuthError(Exception):
    """A refusal that the client is told of: ``code`` is stable, ``detail`` is for people."""

    code: ClassVar[str]
    detail: ClassVar[str]

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or self.detail)


class EmailTaken(AuthError):
    """Another account has this e-mail address."""

    code = "email_taken"
    detail = "Email already registered"


class UsernameTaken(AuthError):
    """Another account has this username."""

    code = "username_taken"
    detail = "Username already taken"


class InvalidCredentials(AuthError):
    """Unknown e-mail or wrong password; which of them is never told."""

    code = "invalid_credentials"
    detail = "Invalid credentials"


class AccountInactive(AuthError):
    """The password was right, but the account is switched off."""

    code = "account_inactive"
    detail = "Account is inactive"


class EmailNotVerified(AuthError):
    """The password was right, but the e-mail address is still unproved."""

    code = "email_not_verified"
    detail = "Email is not verified"


class NotAuthenticated(AuthError):
    """No access token came with the request."""

    code = "not_authenticated"
    detail = "Not authenticated"


class InvalidToken(AuthError):
    """Not a token of ours, or not of the kind that is due here."""

    code = "invalid_token"
    detail = "JWT decoding failed"


class ExpiredToken(AuthError):
    """A token of ours whose time is over; the user is for the operator's log."""

    code = "expired_token"
    detail = "Token has expired"

    def __init__(self, user_id: UserId | None = None) -> None:
        super().__init__()
        self.user_id = user_id


class SessionEnded(AuthError):
    """A good token of a session that was ended: logged out, reset, deactivated."""

    code = "session_ended"
    detail = "Session has ended"


class Forbidden(AuthError):
    """Known who it is, and that is not enough: another role is asked for."""

    code = "forbidden"
    detail = "Not enough permissions"


class UserNotFound(AuthError):
    """No user has this id, or not any more."""

    code = "user_not_found"
    detail = "User not found"


class SessionNotFound(AuthError):
    """No live session of this id is there, or it is another's."""

    code = "session_not_found"
    detail = "Session not found"


class UserChanged(AuthError):
    """What the change was decided on is no longer so: read the user again."""

    code = "user_changed"
    detail = "The user was changed meanwhile"


class ConditionRequired(AuthError):
    """The operator wants every change to name, in If-Match, what it was decided on."""

    code = "if_match_required"
    detail = "Send the ETag of the user in If-Match"


class OwnAccount(AuthError):
    """Nobody changes their own role or activity."""

    code = "own_account"
    detail = "Another administrator must change your role or activity"


class LastAdmin(AuthError):
    """It would leave nobody who could administer."""

    code = "last_admin"
    detail = "The last administrator must stay"


class NotApplicable(AuthError):
    """It would come to nothing as the user stands now; the detail says what to do instead."""

    code = "not_applicable"
    detail = "The user is not in a state for that"


class InvalidCursor(AuthError):
    """Not a cursor of ours, or one of another list, other filters or another sort."""

    code = "invalid_cursor"
    detail = "Not a cursor of this list: begin again without one"


class InvalidRefreshToken(AuthError):
    """Malformed, expired, spent, or of a session that has ended."""

    code = "invalid_refresh_token"
    detail = "Invalid or expired refresh token"


class InvalidMailToken(AuthError):
    """A mailed token that is malformed, expired, spent or voided by a newer one."""

    code = "invalid_mail_token"
    detail = "Invalid or expired token"


class EmailAlreadyVerified(InvalidMailToken):
    """A mailed token that was spent on verifying, or comes too late to be spent on it."""

    code = "email_already_verified"


class WrongCurrentPassword(AuthError):
    """Changing a password asks for the current one; this was not it."""

    code = "wrong_current_password"
    detail = "Current password is incorrect"


class PasswordRejected(AuthError):
    """
    The new password breaks the policy.

    ``problems`` has a sentence for each rule.
    """

    code = "password_rejected"
    detail = "Password breaks the password policy"

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class TooManyAttempts(AuthError):
    """
    A limit is used up, or failures in a row put a trial off.

    ``quotas`` are those of the limits, if any; ``retry_after`` is in seconds, rounded up.
    """

    code = "too_many_attempts"
    detail = "Too many requests"

    def __init__(self, wait: timedelta, quotas: Sequence[Quota] = ()) -> None:
        self.retry_after = max(1, math.ceil(wait.total_seconds()))
        self.quotas = tuple(quotas)
        super().__init__(f"{self.detail}, try again in {self.retry_after} seconds")

    @property
    def limits(self) -> list[str]:
        """The names of the limits that are used up."""
        return [quota.limit.name for quota in self.quotas if not quota.allowed]

    @classmethod
    def unless_allowed(cls, quotas: Sequence[Quota]) -> Self | None:
        """Return the refusal of who is over a limit, None if all of them allow."""
        over = [quota.reset for quota in quotas if not quota.allowed]
        return cls(max(over), quotas) if over else None


class NotWithCognito(AuthError):
    """It can't be done where Amazon Cognito keeps the users."""

    code = "not_with_cognito"
    detail = "Not possible here: Amazon Cognito keeps the users"


class MoreThanPassword(AuthError):
    """The password was right, but the provider of identities asks for more than that."""

    code = "more_than_password"
    detail = "The log-in takes more than a password"


class Unavailable(AuthError):
    """
    Something we depend on did not answer; worth trying again.

    ``retry_after`` is in seconds.
    """

    code = "unavailable"
    detail = "Service temporarily unavailable"

    def __init__(self, detail: str | None = None, *, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after

    @property
    def reason(self) -> str:
        """What the operator is told, and no client: the cause, if there is one."""
        cause = self.__cause__ or self
        silence = isinstance(cause, TimeoutError)
        unsaid = "no answer in time" if silence else type(cause).__name__
        return redacted(str(cause) or unsaid)


class Overloaded(Unavailable):
    """More passwords wait to be hashed than can be hashed in time."""

    code = "overloaded"
    detail = "Too busy, try again shortly"


class OperationError(Exception):
    """
    A failure that is the operator's to mend; the message says what to do.

    It may quote a driver, and so a URL, which is shown without who logs in by it.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(redacted(message))


class BadConfiguration(OperationError):
    """Settings that cannot work; ``problems`` names every one of them."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(map(redacted, problems))
        super().__init__("\n".join(self.problems))


class NothingStored(BadConfiguration):
    """Where records should be, none of ours were ever stored."""


class SchemaBehind(BadConfiguration):
    """Migrations still have to run: ``pending`` names them."""

    def __init__(self, pending: Sequence[str]) -> None:
        self.pending = ", ".join(pending)
        super().__init__([f"Run `scribes-auth migrate`: {self.pending} pending"])


class SecretNotFound(OperationError):
    """The secrets backend has no secret of this name."""


class SecretDenied(OperationError):
    """The secrets backend does not let us read this secret."""


class SecretsUnavailable(OperationError):
    """The secrets backend did not answer; worth trying again."""


class MailRefused(OperationError):
    """The mail server will never take this mail (a 5xx reply)."""


class MailUnavailable(OperationError):
    """The mail server did not take the mail now; worth trying again."""
