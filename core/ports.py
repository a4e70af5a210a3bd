"""
What the core asks of the world.

Every method is one atomic step: it does all it says, or nothing and raises. A method
that changes state takes the events that tell of it and stores them in the same step.
Any storage method may raise ``Unavailable``; nothing else but what its law names.
"""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol, Self, TypeAlias

from core.events import Delivery, Event, StoredEvent
from core.model import (
    Attempt,
    Claims,
    EndReason,
    EventId,
    Identity,
    Mail,
    OneTimeToken,
    Quota,
    RecordKind,
    SecretVersion,
    Session,
    SessionId,
    SigningKey,
    TokenId,
    User,
    UserId,
)

Record: TypeAlias = User | Session | OneTimeToken | StoredEvent


class UserRepository(Protocol):
    """The accounts."""

    @abstractmethod
    async def add(
        self, user: User, *, token: OneTimeToken | None, events: Sequence[Event]
    ) -> User:
        """
        Store a new user under the next free id and return it with that id.

        ``user.id``, ``token.user_id`` and the events' ``user_id`` are ``UNSAVED``; the
        new id is stored in each. Raises ``EmailTaken`` if another user has the same
        ``email_key``, else ``UsernameTaken`` for the same ``username_key``: of any
        number of callers with one name, one succeeds.
        """

    @abstractmethod
    async def get(self, user_id: UserId) -> User | None:
        """Return the user, or None."""

    @abstractmethod
    async def by_email(self, email_key: str) -> User | None:
        """Return the user whose ``email_key`` this is, or None."""

    @abstractmethod
    async def verify_email(
        self, token_id: TokenId, *, at: datetime, events: Sequence[Event]
    ) -> User | None:
        """
        Spend a ``VERIFY_EMAIL`` token and mark its user verified; return the user after.

        None, and no change, if the token is not there, spent, or expired at ``at``: of
        any number of callers, one gets the user.
        """

    @abstractmethod
    async def reset_password(
        self, token_id: TokenId, *, new_hash: str, at: datetime, events: Sequence[Event]
    ) -> User | None:
        """
        Spend a ``RESET_PASSWORD`` token, replace the hash, end all the user's sessions.

        Sessions end at ``at`` with reason ``PASSWORD_RESET``. Returns as ``verify_email``.
        """

    @abstractmethod
    async def change_password(  # noqa: PLR0913 - all of it changes together
        self,
        user_id: UserId,
        *,
        old_hash: str,
        new_hash: str,
        keep: SessionId,
        at: datetime,
        events: Sequence[Event],
    ) -> bool:
        """
        Replace the hash, void the user's reset tokens, end all sessions but ``keep``.

        False, and no change, unless the stored hash is ``old_hash``: of any number of
        callers, one succeeds. Sessions end with reason ``PASSWORD_CHANGED``.
        """

    @abstractmethod
    async def replace_hash(
        self, user_id: UserId, *, old_hash: str, new_hash: str
    ) -> bool:
        """
        Store the same password hashed anew; no session ends, no other field changes.

        False, and no change, unless the stored hash is ``old_hash``.
        """


class SessionRepository(Protocol):
    """The log-ins."""

    @abstractmethod
    async def open(
        self, session: Session, *, password_hash: str, events: Sequence[Event]
    ) -> bool:
        """
        Store a new session.

        False, and no change, unless the user's stored hash is ``password_hash``: a
        log-in that was checked against a password replaced meanwhile opens nothing.
        """

    @abstractmethod
    async def identities(
        self, session_ids: Collection[SessionId]
    ) -> Mapping[SessionId, Identity]:
        """Return the sessions that exist, ended ones too, each with its user; one look."""

    @abstractmethod
    async def advance(self, session: Session) -> bool:
        """
        Store ``generation``, ``rotations``, ``last_used_at`` and ``expires_at``.

        False, and no change, unless the stored session is one generation behind and
        has not ended: of any number of callers with one generation, one succeeds.
        """

    @abstractmethod
    async def end(
        self,
        session_id: SessionId,
        *,
        at: datetime,
        reason: EndReason,
        events: Sequence[Event],
    ) -> bool:
        """
        End a session.

        False, and no change (nor events), if there is none or it has ended: of any
        number of callers, one gets True.
        """

    @abstractmethod
    async def end_all(
        self,
        user_id: UserId,
        *,
        at: datetime,
        reason: EndReason,
        events: Sequence[Event],
    ) -> int:
        """End all the user's sessions that have not ended; return how many those were."""


class OneTimeTokens(Protocol):
    """The tokens that are mailed. Spending one is a step of what it is spent for."""

    @abstractmethod
    async def issue(self, token: OneTimeToken, *, events: Sequence[Event]) -> None:
        """Store a token; the user's older ones of the same purpose are void from now on."""

    @abstractmethod
    async def get(self, token_id: TokenId) -> OneTimeToken | None:
        """Return the token, expired or not; None if there is none, or it is spent or void."""


class EventLog(Protocol):
    """What happened, in order, and what of it still has to be delivered."""

    @abstractmethod
    async def append(self, events: Sequence[Event]) -> None:
        """Store events that tell of no other change."""

    @abstractmethod
    async def claim(
        self, *, at: datetime, lease: timedelta, limit: int
    ) -> Sequence[Delivery]:
        """
        Take up to ``limit`` outgoing events that are due at ``at``, oldest first.

        Nobody else can claim them until ``at + lease``; then they are due again. Of any
        number of callers, one gets an event.
        """

    @abstractmethod
    async def delivered(self, event_id: EventId) -> None:
        """Take the event out of the outbox for good; may be repeated."""

    @abstractmethod
    async def failed(self, delivery: Delivery, *, retry_at: datetime | None) -> None:
        """
        Make the event due again at ``retry_at``; with None, give it up for good.

        Nothing happens if the event was delivered, or claimed again since: a worker
        that lost its lease has no say.
        """

    @abstractmethod
    async def read(
        self, *, after: EventId | None, limit: int, user_id: UserId | None = None
    ) -> Sequence[Event]:
        """Return up to ``limit`` events in the order they were stored, from behind ``after``."""


class Archive(Protocol):
    """Every record as it is, for moving all of them from one store to another."""

    @abstractmethod
    async def count(self, kind: RecordKind) -> int:
        """Return how many records of this kind there are."""

    @abstractmethod
    async def read(
        self, kind: RecordKind, *, after: str | None, limit: int
    ) -> Sequence[tuple[str, Record]]:
        """
        Return up to ``limit`` records, each with its cursor, from behind ``after``.

        The order never changes: users by id, events as they were stored, others by id.
        """

    @abstractmethod
    async def write(self, kind: RecordKind, records: Sequence[Record]) -> None:
        """
        Store records as they are, ids included; they replace those of the same id.

        Users who are added later get ids above the highest written.
        """


class Storage(Protocol):
    """
    All that is stored, in one place.

    ``from_url`` does no I/O; ``open`` comes before all else.
    """

    @property
    @abstractmethod
    def users(self) -> UserRepository: ...

    @property
    @abstractmethod
    def sessions(self) -> SessionRepository: ...

    @property
    @abstractmethod
    def tokens(self) -> OneTimeTokens: ...

    @property
    @abstractmethod
    def events(self) -> EventLog: ...

    @property
    @abstractmethod
    def archive(self) -> Archive: ...

    @classmethod
    @abstractmethod
    def from_url(cls, url: str) -> Self:
        """Make one for this URL; raises ``BadConfiguration`` for what it can't read in it."""

    @abstractmethod
    async def open(self) -> None:
        """
        Connect; the schema stays as it is.

        Raises ``Unavailable`` while the store does not answer, and may then be called
        again; ``BadConfiguration`` where only an operator can help.
        """

    @abstractmethod
    async def pending(self) -> Sequence[str]:
        """
        Return the migrations that still have to run, in order.

        Those of a newer program are let be: an upgrade keeps the version before it
        running. Raises ``BadConfiguration`` if the schema is not what its record says.
        """

    @abstractmethod
    async def migrate(self) -> Sequence[str]:
        """
        Run what is pending, and return it.

        Of any number of processes at once, each migration is run by one; one that is
        killed leaves no lock behind. Raises as ``pending``.
        """

    @abstractmethod
    async def ping(self) -> None:
        """Return if the store answers and can be written to, else raise ``Unavailable``."""

    @abstractmethod
    async def purge(
        self, *, at: datetime, keep_events_since: datetime, limit: int
    ) -> int:
        """
        Delete up to ``limit`` records of each kind that nobody needs any more.

        Those are sessions that ended or expired before ``at``, tokens that expired
        before it, and events of before ``keep_events_since`` that wait for no delivery.
        Returns how many were deleted; 0 when nothing is left.
        """

    @abstractmethod
    async def aclose(self) -> None:
        """Let go of everything; may be repeated."""


class RateLimiter(Protocol):
    """Counts attempts."""

    @abstractmethod
    async def hit(self, attempts: Sequence[Attempt]) -> Sequence[Quota]:
        """
        Count the attempts if every limit allows, else none of them.

        Returns a quota for each attempt, in order. Exact: no window, wherever it begins,
        ever holds more than a limit's quota of attempts, whoever races. A subject of one
        limit has nothing to do with the same subject of another.
        """


class PasswordHasher(Protocol):
    """Hashes passwords slowly, on purpose. Every method may raise ``Overloaded``."""

    @abstractmethod
    async def hash(self, password: str) -> str:
        """Return a new salted hash of all of the password, however long; never twice the same."""

    @abstractmethod
    async def verify(self, password: str, stored: str | None) -> bool:
        """
        Tell whether ``stored`` is a hash of ``password``.

        With None, and with a hash that can't be read, answer False after as much work
        as any stored hash costs: time must not tell them apart.
        """

    @abstractmethod
    def is_stale(self, stored: str) -> bool:
        """Tell whether a hash made today would cost a different amount of work."""

    @abstractmethod
    async def aclose(self) -> None:
        """Let go of everything; may be repeated."""


class TokenSigner(Protocol):
    """Makes JWTs."""

    @abstractmethod
    async def sign(self, claims: Claims, key: SigningKey) -> str:
        """Return the compact JWS (RFC 7515); for an HMAC key the same text every time."""


class TokenVerifier(Protocol):
    """Reads JWTs."""

    @abstractmethod
    async def verify(self, token: str, keys: Mapping[str, SigningKey]) -> Claims:
        """
        Return what a token says that one of ``keys`` signed; its times are not judged.

        The key is the one that the header's ``kid`` names in ``keys``, the algorithm that
        key's and no other (RFC 8725 section 3.1); headers that bring or point to a key
        are refused. Raises ``InvalidToken`` for anything that is not such a token, or
        has a claim missing, of a wrong type, or of another issuer or audience.
        """


class SecretProvider(Protocol):
    """
    Where secrets are kept.

    Raises ``SecretNotFound``, ``SecretDenied`` or ``SecretsUnavailable``, and says which
    secret and what to do. ``from_url`` does no I/O.
    """

    @classmethod
    @abstractmethod
    def from_url(cls, url: str) -> Self:
        """Make one for this URL; raises ``BadConfiguration`` for what it can't read in it."""

    @abstractmethod
    async def newest(self, name: str) -> SecretVersion:
        """Return the newest enabled version."""

    @abstractmethod
    async def versions(self, name: str) -> Sequence[SecretVersion]:
        """Return every enabled version, newest first; at least one."""


class Mailer(Protocol):
    """Sends mails."""

    @abstractmethod
    async def send(self, mail: Mail) -> None:
        """
        Hand the mail over for good, or raise ``MailUnavailable`` or ``MailRefused``.

        The recipient's name and address can't add headers, recipients or markup.
        """


class Clock(Protocol):
    """The time."""

    @abstractmethod
    def now(self) -> datetime:
        """Return the time in UTC, aware, exact to the millisecond."""


class IdGenerator(Protocol):
    """Names for new things."""

    @abstractmethod
    def new_id(self) -> str:
        """Return 128 random bits as 32 lower-case hexadecimal digits."""
