"""The nouns of the domain. Times are aware, UTC and exact to the millisecond."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

UserId: TypeAlias = int
"""1 to 2**53 - 1: published clients parse a JSON number."""

UNSAVED: UserId = 0
"""The id of a user that the storage has not numbered yet."""

SessionId: TypeAlias = str
TokenId: TypeAlias = str
EventId: TypeAlias = str


class Role(StrEnum):
    """What a user may do."""

    USER = "user"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """
    An account; ``email`` and ``username`` are kept as typed.

    ``email_key`` is what ``AddressForm`` makes of ``email``, unique among all users.
    """

    id: UserId = UNSAVED
    email: str
    email_key: str
    username: str
    full_name: str | None
    password_hash: str = field(repr=False)
    role: Role = Role.USER
    is_active: bool = True
    is_verified: bool = False
    created_at: datetime
    updated_at: datetime

    @property
    def username_key(self) -> str:
        """Unique among all users; usernames are ASCII."""
        return self.username.lower()


@dataclass(frozen=True, slots=True)
class Client:
    """Who is calling: its address, as far as trusted proxies tell it, and its own label."""

    address: str
    label: str


class EndReason(StrEnum):
    """Why a session ended before its time."""

    LOGGED_OUT = "logged_out"
    LOGGED_OUT_EVERYWHERE = "logged_out_everywhere"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a reason, not a password
    PASSWORD_RESET = "password_reset"  # noqa: S105
    REUSE_DETECTED = "reuse_detected"
    USER_INACTIVE = "user_inactive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """
    A log-in that lasts.

    ``generation`` counts the refresh tokens, from 0; the current token is derived
    from it. ``rotations`` are the times at which the latest generations began, the
    current one's last; generation 0 began at ``created_at`` and is not among them.
    ``client`` is who came last: at the log-in, or with a refresh token.
    """

    id: SessionId
    user_id: UserId
    generation: int = 0
    rotations: tuple[datetime, ...] = ()
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    end_reason: EndReason | None = None
    client: Client

    def is_live(self, now: datetime) -> bool:
        """Tell whether its tokens still count."""
        return self.ended_at is None and now < self.expires_at

    def began_at(self, generation: int) -> datetime | None:
        """Return when ``generation`` began, None if that is forgotten or yet to come."""
        steps_back = self.generation - generation
        if not 0 <= steps_back < len(self.rotations):
            return None
        return self.rotations[-1 - steps_back]


@dataclass(frozen=True, slots=True)
class Identity:
    """A session and its user, read at one moment."""

    session: Session
    user: User


class Purpose(StrEnum):
    """What a mailed token is good for."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105


@dataclass(frozen=True, slots=True)
class OneTimeToken:
    """A token that is mailed and can be spent once. The mail carries more than this id."""

    id: TokenId
    user_id: UserId
    purpose: Purpose
    expires_at: datetime
    spent_at: datetime | None = None

    def is_good(self, now: datetime) -> bool:
        """Tell whether it can still be spent."""
        return self.spent_at is None and now < self.expires_at


class RecordKind(StrEnum):
    """The kinds of records in a store, in the order in which they can be written."""

    USERS = "users"
    SESSIONS = "sessions"
    TOKENS = "tokens"
    EVENTS = "events"
    REVOCATIONS = "revocations"


class TokenKind(StrEnum):
    """The two kinds of JWT, by their ``typ`` header (RFC 9068 section 2.1 for the first)."""

    ACCESS = "at+jwt"
    REFRESH = "rt+jwt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a JWT says. ``role`` is for access tokens, ``generation`` for refresh tokens."""

    kind: TokenKind
    token_id: str
    user_id: UserId
    session_id: SessionId
    issued_at: datetime
    expires_at: datetime
    role: Role | None = None
    generation: int | None = None


@dataclass(frozen=True, slots=True)
class SigningKey:
    """
    A key and the one algorithm it is for. ``kid`` reveals nothing of ``secret``.

    ``secret`` is the HMAC key itself, or a private key as PKCS #8 in DER (RFC 5958).
    """

    kid: str
    algorithm: str
    secret: bytes = field(repr=False)
    public_jwk: Mapping[str, str] | None = None
    """As RFC 7517; None for a key that has no public half."""


@dataclass(frozen=True, slots=True)
class RevokedKey:
    """A key that counts for nothing since ``at``, whatever its backend says of it."""

    kid: str
    at: datetime


UNTOLD = datetime(1970, 1, 1, tzinfo=UTC)
"""When a version was created whose backend does not tell: the environment."""


@dataclass(frozen=True, slots=True)
class SecretVersion:
    """One enabled version of a secret."""

    value: str = field(repr=False)
    version: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``quota`` attempts in any ``window``, whenever it begins."""

    name: str
    quota: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Attempt:
    """One count against one limit, for one subject: an address, an account."""

    limit: Limit
    subject: str


@dataclass(frozen=True, slots=True)
class Quota:
    """
    How an attempt stands after it was counted or refused.

    ``reset`` is how long until one more attempt is allowed than now.
    """

    limit: Limit
    allowed: bool
    remaining: int
    reset: timedelta


@dataclass(frozen=True, slots=True)
class Trial:
    """Somebody at an address tries to prove that an account is theirs."""

    account: str
    address: str


@dataclass(frozen=True, slots=True)
class Backoff:
    """
    How failures in a row put off the next trial.

    The first ``free`` failures cost nothing; the next costs ``first``, and each one after
    it twice as much, up to ``longest``. Failures are forgotten ``memory`` after the
    latest. An address from which a trial succeeded is known for ``trust``: it has a count
    of its own, so that nobody elsewhere can lock it out.
    """

    free: int = 5
    first: timedelta = timedelta(seconds=1)
    longest: timedelta = timedelta(minutes=15)
    memory: timedelta = timedelta(days=1)
    trust: timedelta = timedelta(days=30)

    @property
    def peak(self) -> int:
        """After so many failures in a row, the delay grows no more."""
        return self.free + 33  # doubled 32 times it is far beyond any longest

    def delay(self, failures: int) -> timedelta:
        """Return how long the next trial has to wait after so many failures in a row."""
        if failures <= self.free:
            return timedelta(0)
        doublings = min(failures, self.peak) - self.free - 1
        return min(self.first * (1 << doublings), self.longest)


class MailKind(StrEnum):
    """The mails we send; each has a text and an HTML template of this name."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    REUSE_DETECTED = "reuse_detected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail to one person. ``id`` is the same however often it is sent."""

    id: str
    kind: MailKind
    to: str
    name: str
    """How to address them."""
    username: str
    """Which account it is about, beside the address."""
    token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    at: datetime
    """When the thing happened that the mail tells of."""
