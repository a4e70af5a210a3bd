"""Facts that are stored with the change they tell of: the audit log and the outbox in one."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self, TypeAlias

from core.model.sessions import SessionId
from core.model.users import UserId

EventId: TypeAlias = str


class Actor(StrEnum):
    """Who does something and is no user that we know."""

    ANYONE = "anyone"
    """Whoever asks, and need not prove who that is."""
    OPERATOR = "operator"
    """Who runs a command; its client is a machine and a log-in there."""
    SERVICE = "service"
    """We ourselves, about what we found."""


LATER = "LATER"


class EventKind(StrEnum):
    """What happened."""

    USER_REGISTERED = "user.registered"
    USER_CREATED = "user.created"
    ADMIN_CREATED = "admin.created"
    USER_INVITED = "user.invited"
    INVITATION_REQUESTED = "invitation.requested"
    INVITATION_ACCEPTED = "invitation.accepted"
    USER_CHANGED = "user.changed"
    """Of names, or of what is proved: what was before is told, and what is now."""
    ROLE_CHANGED = "role.changed"
    USER_ACTIVATED = "user.activated"
    USER_DEACTIVATED = "user.deactivated"
    USER_UNLOCKED = "user.unlocked"
    USER_DELETED = "user.deleted"
    """Names the person until the mail that tells of it is gone, and nobody from then on."""
    EMAIL_CHANGE_REQUESTED = "email.change_requested"
    EMAIL_CHANGED = "email.changed"
    EMAIL_LEFT = "email.left"
    """Beside ``email.changed``, for the address before: with an undo that is mailed there."""
    EMAIL_CHANGE_UNDONE = "email.change_undone"
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
    DEVICE_ADDED = "device.added"
    """A log-in from a device not seen before, and not the first of all."""
    REUSE_DETECTED = "session.reuse_detected"
    KEY_REVOKED = "key.revoked"

    @classmethod
    def read(cls, text: str) -> Self:
        """
        Return the kind of an event that is stored.

        A later version, which runs beside this one or did, may have kinds of its own: they
        can be shown, and whatever is to be done for them is left to that version.
        """
        with suppress(ValueError):
            return cls(text)
        kind = str.__new__(cls, text)
        kind._name_, kind._value_ = LATER, text
        return kind

    @property
    def is_known(self) -> bool:
        """Tell whether this version knows it."""
        return self._name_ != LATER


OUTGOING = frozenset(
    {
        EventKind.USER_REGISTERED,
        EventKind.USER_INVITED,
        EventKind.INVITATION_REQUESTED,
        EventKind.ROLE_CHANGED,
        EventKind.USER_DELETED,
        EventKind.EMAIL_CHANGE_REQUESTED,
        EventKind.EMAIL_CHANGED,
        EventKind.EMAIL_LEFT,
        EventKind.DEVICE_ADDED,
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
    A fact. ``data`` never holds a secret.

    ``user_id`` is whom it is about, None where a request named nobody we know: such an
    event is stored so that known and unknown names cost the same. ``actor`` is who did it:
    a user's id in decimal, or an ``Actor``; ``address`` and ``label`` are of the client
    that was there, and need not be those of the session. We ourselves have none.
    """

    id: EventId
    kind: EventKind
    at: datetime
    user_id: UserId | None = None
    session_id: SessionId | None = None
    actor: str | None = None
    address: str | None = None
    label: str | None = None
    data: Mapping[str, str] = field(default_factory=dict)

    @property
    def actor_id(self) -> UserId | None:
        """The user who did it, if it was one."""
        return int(self.actor) if self.actor and self.actor.isdecimal() else None

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
