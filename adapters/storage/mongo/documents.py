"""How records stand in documents. Times are BSON dates: exact to the millisecond, as ours are."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from bson import ObjectId

from core.model import (
    Client,
    EndReason,
    OneTimeToken,
    Purpose,
    RevokedKey,
    Role,
    Session,
    User,
)
from core.model.events import Event, EventKind

Document: TypeAlias = dict[str, Any]

SLACK = timedelta(days=30)
"""How long the server keeps at least what has expired, should nobody purge it."""


def to_user(found: Document) -> User:
    return User(
        id=found["_id"],
        email=found["email"],
        email_key=found["email_key"],
        username=found["username"],
        full_name=found["full_name"],
        password_hash=found["password_hash"],
        role=Role(found["role"]),
        is_active=found["is_active"],
        is_verified=found["is_verified"],
        created_at=found["created_at"],
        updated_at=found["updated_at"],
    )


def from_user(user: User) -> Document:
    return {
        "_id": user.id,
        "email": user.email,
        "email_key": user.email_key,
        "username": user.username,
        "username_key": user.username_key,
        "full_name": user.full_name,
        "password_hash": user.password_hash,
        "role": user.role,
        "is_active": user.is_active,
        "is_verified": user.is_verified,
        "created_at": user.created_at.astimezone(UTC),
        "updated_at": user.updated_at.astimezone(UTC),
    }


def to_session(found: Document) -> Session:
    end_reason = found["end_reason"]
    return Session(
        id=found["_id"],
        user_id=found["user_id"],
        generation=found["generation"],
        rotations=tuple(found["rotations"]),
        created_at=found["created_at"],
        last_used_at=found["last_used_at"],
        expires_at=found["expires_at"],
        ended_at=found["ended_at"],
        end_reason=EndReason(end_reason) if end_reason else None,
        client=Client(address=found["address"], label=found["label"]),
    )


def from_session(session: Session) -> Document:
    return {
        "_id": session.id,
        "user_id": session.user_id,
        "created_at": session.created_at,
        "ended_at": session.ended_at,
        "end_reason": session.end_reason,
        **from_progress(session),
    }


def from_client(client: Client) -> Document:
    return {"address": client.address, "label": client.label}


def from_progress(session: Session) -> Document:
    """Return what a refresh changes."""
    return {
        "generation": session.generation,
        "rotations": list(session.rotations),
        "last_used_at": session.last_used_at,
        "expires_at": session.expires_at,
        "forget_at": forget_at(session.expires_at),
        **from_client(session.client),
    }


def to_token(found: Document) -> OneTimeToken:
    return OneTimeToken(
        found["_id"],
        found["user_id"],
        Purpose(found["purpose"]),
        found["expires_at"],
        found.get("spent_at"),  # which earlier versions did not write
    )


def from_token(token: OneTimeToken) -> Document:
    return {
        "_id": token.id,
        "user_id": token.user_id,
        "purpose": token.purpose,
        "expires_at": token.expires_at,
        "spent_at": token.spent_at,
        "forget_at": forget_at(token.expires_at),
    }


def to_event(found: Document) -> Event:
    return Event(
        id=found["_id"],
        kind=EventKind(found["kind"]),
        at=found["at"],
        user_id=found["user_id"],
        session_id=found["session_id"],
        data=dict(found["data"]),
    )


def from_event(event: Event) -> Document:
    return {
        "_id": event.id,
        "kind": event.kind,
        "at": event.at,
        "user_id": event.user_id,
        "session_id": event.session_id,
        # Pairs: as names of fields, dots and dollars would mean something.
        "data": [list(pair) for pair in event.data.items()],
    }


def to_revoked_key(found: Document) -> RevokedKey:
    return RevokedKey(found["_id"], found["at"])


def from_revoked_key(key: RevokedKey) -> Document:
    return {"_id": key.kid, "at": key.at}


def new_events(events: Sequence[Event]) -> list[Document]:
    """Return documents that are still to be numbered, due at once if outgoing."""
    return [
        from_event(event)
        | {"attempts": 0, "unnumbered": place}
        | ({"due_at": event.at} if event.is_outgoing else {})
        for event, place in zip(events, places(len(events)), strict=True)
    ]


def places(count: int) -> list[str]:
    """Return where the events of one change stand among those not numbered yet."""
    change = ObjectId()
    return [f"{change}.{number:06}" for number in range(count)]


def forget_at(expires_at: datetime) -> datetime:
    # Not by the expiry alone: records may come from another store, or be of a test
    # whose clock stands still; what was just written is never gone the next moment.
    return max(expires_at, datetime.now(UTC)) + SLACK
