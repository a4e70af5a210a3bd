"""Where mailed tokens, what happened, and revoked keys are kept."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from core.model import (
    EventFilter,
    EventId,
    Found,
    OneTimeToken,
    Place,
    RevokedKey,
    Tally,
    TokenId,
    UserCounts,
    UserId,
)
from core.model.events import Backlog, Delivery, Event


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

    @abstractmethod
    async def of_user(self, user_id: UserId) -> Sequence[OneTimeToken]:
        """Return all that are stored for a user, by their purpose."""


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
        """
        Take the event out of the outbox for good; may be repeated.

        That a user was deleted is told by then: ``data`` of a ``user.deleted`` is empty
        from now on, and so it is when it is given up.
        """

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

    @abstractmethod
    async def find(
        self,
        wanted: EventFilter,
        *,
        after: Place | None,
        limit: int,
        count_to: int,
    ) -> Found[Event]:
        """
        Return up to ``limit`` events, the latest first, from behind ``after``.

        The place of one is its ``at``, and its number in the log. ``total`` is as for
        users. The cost is bounded by what one of the filters matches, within its times.
        """


class Statistics(Protocol):
    """Figures of all that is stored, and of what happened by day."""

    @abstractmethod
    async def users(self) -> UserCounts:
        """Return how many users there are, by an index and no user's record."""

    @abstractmethod
    async def live_sessions(self, at: datetime) -> int:
        """Return how many sessions have neither ended nor expired at ``at``."""

    @abstractmethod
    async def add(self, tallies: Sequence[Tally]) -> None:
        """Add amounts to what is stored under the same ids; nobody else's are lost."""

    @abstractmethod
    async def tallies(self, since: date) -> Sequence[Tally]:
        """Return the tallies of this day and of later ones, by id."""


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
