"""Where users, their sessions and tokens, and what happened are kept."""

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from core.model import (
    Account,
    Client,
    Credentials,
    EndReason,
    EventId,
    Identity,
    OneTimeToken,
    RevokedKey,
    Session,
    SessionId,
    TokenId,
    User,
    UserId,
)
from core.model.events import Backlog, Delivery, Event


class UserRepository(Protocol):
    """
    The accounts.

    Unique is what stands in ``email_key``, and what stands in ``username_key``, character
    by character and nothing else: a storage folds nothing, trims nothing, and makes no
    key by itself.
    """

    @abstractmethod
    async def add(
        self,
        user: User,
        credentials: Credentials,
        *,
        token: OneTimeToken | None,
        events: Sequence[Event],
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
    async def account(self, user_id: UserId) -> Account | None:
        """Return the user and their credentials, in one look; or None."""

    @abstractmethod
    async def account_by_email(self, email_key: str) -> Account | None:
        """Return whose ``email_key`` this is, with their credentials, in one look; or None."""

    @abstractmethod
    async def verify_email(
        self, token_id: TokenId, *, at: datetime, events: Sequence[Event]
    ) -> User | None:
        """
        Spend a ``VERIFY_EMAIL`` token and mark its user verified; return the user after.

        The token stays, with its ``spent_at``. None, and no change, if it is not there,
        spent, or expired at ``at``: of any number of callers, one gets the user.
        """

    @abstractmethod
    async def remove_unverified(
        self, token_id: TokenId, *, at: datetime, events: Sequence[Event]
    ) -> bool:
        """
        Spend a ``VERIFY_EMAIL`` token on removing its user, who is not verified yet.

        Nothing of the user stays but events and the id, which nobody gets again: names
        are free, sessions and tokens are gone. False, and no change, if the user is
        verified, and for a token as with ``verify_email``: of any number of callers of
        the two, one succeeds.
        """

    @abstractmethod
    async def reset_password(
        self, token_id: TokenId, *, new_hash: str, at: datetime, events: Sequence[Event]
    ) -> User | None:
        """
        Spend a ``RESET_PASSWORD`` token, replace the hash, end all the user's sessions.

        There need be no hash to replace. The user is verified by it, too, the stamp grows
        by one, and the token is gone. Sessions end at ``at`` with reason
        ``PASSWORD_RESET``. Returns as ``verify_email``.
        """

    @abstractmethod
    async def change_password(  # noqa: PLR0913 - all of it changes together
        self,
        user_id: UserId,
        *,
        stamp: int,
        new_hash: str,
        renews: SessionId,
        successor: Session,
        at: datetime,
        events: Sequence[Event],
    ) -> bool:
        """
        Replace the hash, end all the user's sessions, store their ``successor``.

        The stamp grows by one; mailed tokens stay as they are. False, and no change,
        unless the stored stamp is ``stamp``, the user is active, and ``renews`` is a
        session of theirs that has not ended: of any number of callers, one succeeds.
        Sessions end with reason ``PASSWORD_CHANGED``.
        """

    @abstractmethod
    async def replace_hash(self, user_id: UserId, *, stamp: int, new_hash: str) -> bool:
        """
        Store the same password hashed anew; no session ends, nothing of the user changes.

        False, and no change, unless the stored stamp is ``stamp``: a password that was
        replaced meanwhile does not come back.
        """


class SessionRepository(Protocol):
    """The log-ins."""

    @abstractmethod
    async def open(
        self, session: Session, *, stamp: int, events: Sequence[Event]
    ) -> bool:
        """
        Store a new session.

        False, and no change, unless the user's stored stamp is ``stamp`` and the user is
        active: a log-in that was checked against what was changed meanwhile opens nothing.
        """

    @abstractmethod
    async def identities(
        self, session_ids: Collection[SessionId]
    ) -> Mapping[SessionId, Identity]:
        """Return the sessions that exist, ended ones too, each with its user; one look."""

    @abstractmethod
    async def advance(self, session: Session, *, events: Sequence[Event]) -> bool:
        """
        Store ``generation``, ``rotations``, ``last_used_at``, ``expires_at``, ``client``.

        False, and no change (nor events), unless the stored session is one generation
        behind and has not ended: of any number of callers with one generation, one
        succeeds.
        """

    @abstractmethod
    async def note_client(
        self,
        session_id: SessionId,
        *,
        old: Client,
        new: Client,
        events: Sequence[Event],
    ) -> bool:
        """
        Replace the client ``old`` by ``new``, who came with a token used before.

        False, and no change (nor events), unless the stored client is ``old`` and the
        session has not ended: of any number of callers with one ``old``, one succeeds.
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
        """
        End all the user's sessions that have not ended; return how many those were.

        Also the one that a change of password puts in the place of others meanwhile,
        unless the change finds them ended.
        """

    @abstractmethod
    async def end_of_inactive(
        self, user_id: UserId, *, at: datetime, events: Sequence[Event]
    ) -> int:
        """
        End the sessions of a user who was met inactive at ``at``; return how many.

        Those are all that were created by then and have not ended, even if the user is
        active again by now; what was opened since stays. They end with reason
        ``USER_INACTIVE``. 0, and no change (nor events), if there are none: of any number
        of callers, one ends a session, and tells of it.
        """


class OneTimeTokens(Protocol):
    """The tokens that are mailed. Spending one is a step of what it is spent for."""

    @abstractmethod
    async def issue(self, token: OneTimeToken, *, events: Sequence[Event]) -> None:
        """
        Store a token; the user's older ones of the same purpose are void from now on.

        Nothing happens, and no event is stored, if the user is gone.
        """

    @abstractmethod
    async def get(self, token_id: TokenId) -> OneTimeToken | None:
        """Return the token, expired or spent or not; None if there is none, or it is void."""


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
    async def backlog(self, *, limit: int) -> Backlog:
        """
        Return what waits for delivery, due or not, claimed or not.

        It costs no more than looking at ``limit`` events, and counts no further: beyond
        that the oldest is that of those which were counted.
        """

    @abstractmethod
    async def read(
        self, *, after: EventId | None, limit: int, user_id: UserId | None = None
    ) -> Sequence[Event]:
        """Return up to ``limit`` events in the order they were stored, from behind ``after``."""


class KeyRevocations(Protocol):
    """The keys that nobody may use again; none is ever forgotten."""

    @abstractmethod
    async def revoke(self, key: RevokedKey, *, events: Sequence[Event]) -> bool:
        """
        Store that a key is revoked.

        False, and no change (nor events), if it was already: of any number of callers,
        one gets True.
        """

    @abstractmethod
    async def revoked(self) -> Sequence[RevokedKey]:
        """Return every revoked key, by ``kid``, character by character."""
