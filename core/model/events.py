"""Facts that are stored with the change they tell of: the audit log and the outbox in one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self, TypeAlias

from core.model.sessions import SessionId
from core.model.users import UserId

EventId: TypeAlias = str


class EventKind(StrEnum):
    """What happened."""

    USER_REGISTERED = "user.registered"
    ADMIN_CREATED = "admin.created"
    EMAIL_VERIFIED = "email.verified"
    USER_REJECTED = "user.rejected"
    VERIFICATION_REQUESTED = "verification.requested"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105 - a fact, not a password
    PASSWORD_RESET_REQUESTED = "password.reset_requested"  # noqa: S105
    PASSWORD_RESET = "password.reset"  # noqa: S105
    SESSION_OPENED = "session.opened"
    SESSION_ENDED = "session.ended"
    SESSIONS_ENDED = "sessions.ended"
    CLIENT_CHANGED = "session.client_changed"
    REUSE_DETECTED = "session.reuse_detected"
    KEY_REVOKED = "key.revoked"


OUTGOING = frozenset(
    {
        EventKind.USER_REGISTERED,
        EventKind.VERIFICATION_REQUESTED,
        EventKind.PASSWORD_RESET_REQUESTED,
        EventKind.PASSWORD_CHANGED,
        EventKind.PASSWORD_RESET,
        EventKind.REUSE_DETECTED,
    }
)
"""Kinds that somebody outside is told of, by mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """
    A fact. ``data`` never holds a secret, and tells who did it and from where.

    ``user_id`` is None where a request named nobody we know: such an event is stored
    so that known and unknown names cost the same.
    """

    id: EventId
    kind: EventKind
    at: datetime
    user_id: UserId | None = None
    session_id: SessionId | None = None
    data: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_outgoing(self) -> bool:
        """Tell whether the event waits in the outbox until it is delivered."""
        return self.kind in OUTGOING


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event and its place in the outbox; ``due_at`` is None if nothing is to be done."""

    event: Event
    attempts: int
    due_at: datetime | None

    @classmethod
    def new(cls, event: Event) -> Self:
        """Return how an event is first stored: due at once, if it is outgoing."""
        return cls(event, 0, event.at if event.is_outgoing else None)


@dataclass(frozen=True, slots=True)
class Backlog:
    """
    How many events wait for delivery, and when the oldest of those happened.

    ``retried`` counts those that were claimed more than once: a try came to nothing.
    """

    waiting: int
    retried: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event claimed for delivery; ``attempt`` counts the claims, from 1."""

    event: Event
    attempt: int
