"""What follows from a change of a user: what else has to happen, and what is told of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from core.event_factory import EventFactory
from core.identity.mailed_tokens import REQUESTED, MailedTokens
from core.model import (
    Account,
    Caller,
    Client,
    EndReason,
    OneTimeToken,
    Operator,
    Purpose,
    User,
    UserChange,
    UserEdit,
    UserId,
)
from core.model.events import Actor, Event, EventKind
from core.ports import Clock, EmailNormalizer

NAMED = ("email", "username", "full_name", "locale", "is_verified")
"""What is told of together; a new address, the role and activity are told of apart."""

ALL_PURPOSES = frozenset(Purpose)


@dataclass(frozen=True, slots=True)
class Planned:
    """A change, and the events that tell of it."""

    change: UserChange
    events: list[Event]


def actor_of(by: Caller) -> UserId | Actor:
    """Return who an event says it was."""
    return Actor.OPERATOR if isinstance(by, Operator) else by.identity.user.id


@dataclass(frozen=True, slots=True)
class UserChanges:
    """Turns what somebody wants to change into a change."""

    emails: EmailNormalizer
    tokens: MailedTokens
    clock: Clock
    events: EventFactory

    def plan(self, account: Account, edit: UserEdit, by: Caller) -> Planned | None:
        """Return the change, None if all is so already."""
        before, now = account.user, self.clock.now()
        after = self._after(before, edit)
        if after == before:
            return None
        after = replace(after, updated_at=now)
        moves = after.email_key != before.email_key
        proof = self._proof(account, after, now) if moves else None
        change = UserChange(
            before=before,
            after=after,
            ends_sessions=_end(before, after),
            voids=ALL_PURPOSES if moves else frozenset(),
            issues=proof,
        )
        return Planned(change, self._told(change, by, now))

    def _after(self, before: User, edit: UserEdit) -> User:
        after = replace(before, **edit)
        after = replace(after, email_key=self.emails.key(after.email))
        if after.email_key != before.email_key:
            # What was proved is the address before.
            return replace(after, is_verified=edit.get("is_verified", False))
        return after

    def _proof(
        self, account: Account, after: User, now: datetime
    ) -> OneTimeToken | None:
        """Return what is mailed to a new address, None if there is nothing to prove."""
        if account.credentials.password_hash is None:
            return self.tokens.new(after.id, Purpose.INVITATION, now)
        if after.is_verified:
            return None
        return self.tokens.new(after.id, Purpose.VERIFY_EMAIL, now)

    def _told(self, change: UserChange, by: Caller, now: datetime) -> list[Event]:
        before, after = change.before, change.after
        told = [
            (kind, data)
            for kind, data in (
                (EventKind.USER_CHANGED, _named(before, after)),
                (EventKind.ROLE_CHANGED, _difference(before, after, ["role"])),
                (_activity(after), _difference(before, after, ["is_active"])),
            )
            if data
        ]
        if after.email_key != before.email_key:
            told += moved(before, after, undo=None)
        if token := change.issues:
            told.append((REQUESTED[token.purpose], {"token_id": token.id}))
        return self.made(told, after.id, actor_of(by), by.client, now)

    def made(
        self,
        told: list[tuple[EventKind, Mapping[str, str]]],
        user_id: UserId,
        actor: UserId | Actor,
        client: Client,
        now: datetime,
    ) -> list[Event]:
        """Return events of one moment about one user."""
        return [
            self.events.make(kind, now, actor, client, user_id=user_id, data=data)
            for kind, data in told
        ]


def moved(
    before: User, after: User, undo: OneTimeToken | None
) -> list[tuple[EventKind, Mapping[str, str]]]:
    """Return what is told of a new address: to it, and to the one before if it was proved."""
    data = {"old_email": before.email, "email": after.email}
    told: list[tuple[EventKind, Mapping[str, str]]] = [(EventKind.EMAIL_CHANGED, data)]
    if before.is_verified:
        token = {"token_id": undo.id} if undo else {}
        told.append((EventKind.EMAIL_LEFT, data | token))
    return told


def _end(before: User, after: User) -> EndReason | None:
    if not after.is_active and before.is_active:
        return EndReason.USER_INACTIVE
    return EndReason.EMAIL_CHANGED if after.email_key != before.email_key else None


def _activity(after: User) -> EventKind:
    return EventKind.USER_ACTIVATED if after.is_active else EventKind.USER_DEACTIVATED


def _named(before: User, after: User) -> Mapping[str, str]:
    moves = after.email_key != before.email_key
    return _difference(
        before, after, [it for it in NAMED if not moves or it != "email"]
    )


def _difference(before: User, after: User, names: list[str]) -> Mapping[str, str]:
    """Return old and new values of what differs."""
    changed = [it for it in names if getattr(before, it) != getattr(after, it)]
    old = {f"old_{name}": _text(getattr(before, name)) for name in changed}
    return old | {name: _text(getattr(after, name)) for name in changed}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
