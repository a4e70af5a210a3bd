"""What the memory storage holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from core.model import (
    UNSAVED,
    Account,
    Credentials,
    EndReason,
    EventId,
    OneTimeToken,
    Purpose,
    RevokedKey,
    Role,
    Session,
    SessionId,
    Tally,
    TokenId,
    User,
    UserId,
)
from core.model.events import Event

Record = TypeVar("Record", User, Session, OneTimeToken, Event, RevokedKey)


@dataclass(slots=True)
class Tables:
    """
    What is stored.

    Nobody awaits anything between reading and writing here: that alone makes every
    method of the repositories one atomic step.
    """

    users: dict[UserId, User] = field(default_factory=dict)
    credentials: dict[UserId, Credentials] = field(default_factory=dict)
    emails: dict[str, UserId] = field(default_factory=dict)
    usernames: dict[str, UserId] = field(default_factory=dict)
    sessions: dict[SessionId, Session] = field(default_factory=dict)
    tokens: dict[TokenId, OneTimeToken] = field(default_factory=dict)
    events: dict[EventId, Event] = field(default_factory=dict)
    outbox: dict[EventId, datetime] = field(default_factory=dict)
    """When events are due, in the order in which they were stored."""
    attempts: dict[EventId, int] = field(default_factory=dict)
    numbers: dict[EventId, int] = field(default_factory=dict)
    """Of events, in the order in which they were stored."""
    revoked: dict[str, RevokedKey] = field(default_factory=dict)
    tallies: dict[str, Tally] = field(default_factory=dict)
    devices: dict[UserId, Sequence[str]] = field(default_factory=dict)
    highest_user: UserId = UNSAVED
    highest_event: int = 0

    def put(self, accounts: Sequence[Account]) -> None:
        users = [account.user for account in accounts]
        for old in filter(None, [self.users.get(user.id) for user in users]):
            del self.emails[old.email_key]
            del self.usernames[old.username_key]
        for user in users:
            self.users[user.id] = owned(user)
            self.emails[user.email_key] = user.id
            self.usernames[user.username_key] = user.id
        self.credentials |= {it.user.id: it.credentials for it in accounts}
        self.devices |= {it.user.id: tuple(it.devices) for it in accounts}
        self.highest_user = max(self.highest_user, *(user.id for user in users))

    def account(self, user: User) -> Account:
        return Account(user, self.credentials[user.id], self.devices[user.id])

    def update(self, user: User, **changes: Any) -> User:  # noqa: ANN401 - its fields
        after = owned(replace(user, **changes))
        before = self.users[user.id]
        del self.emails[before.email_key]
        del self.usernames[before.username_key]
        self.users[after.id] = after
        self.emails[after.email_key] = after.id
        self.usernames[after.username_key] = after.id
        return after

    def set_hash(self, user_id: UserId, new_hash: str) -> None:
        before = self.credentials[user_id]
        self.credentials[user_id] = replace(before, password_hash=new_hash)

    def has_stamp(self, user_id: UserId, stamp: int) -> bool:
        user = self.users.get(user_id)
        return user is not None and user.stamp == stamp

    def may_log_in(self, user_id: UserId, stamp: int) -> bool:
        return self.has_stamp(user_id, stamp) and self.users[user_id].is_active

    def good(
        self, token_id: TokenId, purpose: Purpose, at: datetime
    ) -> OneTimeToken | None:
        token = self.tokens.get(token_id)
        fits = token and token.purpose is purpose and token.is_good(at)
        return token if fits else None

    def remove(self, user: User) -> None:
        del self.users[user.id]
        del self.credentials[user.id]
        del self.devices[user.id]
        del self.emails[user.email_key]
        del self.usernames[user.username_key]
        of_others = (s for s in self.sessions.values() if s.user_id != user.id)
        self.sessions = {session.id: session for session in of_others}
        for purpose in Purpose:
            self.void(user.id, purpose)

    def void(self, user_id: UserId, purpose: Purpose) -> None:
        for token in list(self.tokens.values()):
            if token.user_id == user_id and token.purpose is purpose:
                del self.tokens[token.id]

    def end(self, sessions: Sequence[Session], at: datetime, reason: EndReason) -> int:
        for session in sessions:
            ended = replace(session, ended_at=at, end_reason=reason)
            self.sessions[session.id] = owned(ended)
        return len(sessions)

    def unended(self, user_id: UserId) -> list[Session]:
        sessions = self.sessions.values()
        return [s for s in sessions if s.user_id == user_id and s.ended_at is None]

    def record(self, events: Sequence[Event]) -> None:
        for event in map(owned, events):
            self.events[event.id] = event
            self.number(event.id)
            if event.is_outgoing:
                self.outbox[event.id] = event.at

    def forget(self, user_id: UserId) -> None:
        """Let events name somebody no more."""
        for event in list(self.events.values()):
            if user_id in {event.user_id, event.actor_id}:
                data = {} if event.user_id == user_id else event.data
                nobody = replace(event, address=None, label=None, data=data)
                self.events[event.id] = nobody

    def number(self, event_id: EventId) -> None:
        """Give an event that is new the next number in the log."""
        self.highest_event += 1
        self.numbers.setdefault(event_id, self.highest_event)

    def spares_an_admin(self, user: User, after: User | None) -> bool:
        """Tell whether somebody can administer after a change, or could not before."""
        admins = {it.id for it in self.users.values() if self._can_administer(it)}
        left = {user.id} if after and self._can_administer(after) else set()
        return user.id not in admins or bool(admins - {user.id} | left)

    def _can_administer(self, user: User) -> bool:
        has_password = self.credentials[user.id].password_hash is not None
        return user.role is Role.ADMIN and user.is_active and has_password


def owned(record: Record) -> Record:
    """Return a copy whose times are in UTC, and which shares nothing mutable."""
    given = {name: getattr(record, name) for name in record.__slots__}
    own = {name: _own(value) for name, value in given.items()}
    foreign = {name: it for name, it in own.items() if it is not given[name]}
    return replace(record, **foreign) if foreign else record


def _own(value: Any) -> Any:  # noqa: ANN401 - the value of any field
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, tuple):
        return tuple(map(_own, value)) if value else value
    return dict(value) if isinstance(value, Mapping) else value
