"""How records stand in rows."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

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

Row: TypeAlias = Sequence[Any]

USER = (
    "users.id, users.email, users.email_key, users.username, users.full_name, users.password_hash,"
    " users.role, users.is_active, users.is_verified, users.created_at,"
    " users.updated_at"
)
SESSION = (
    "sessions.id, sessions.user_id, sessions.generation, sessions.rotations,"
    " sessions.created_at, sessions.last_used_at, sessions.expires_at,"
    " sessions.ended_at, sessions.end_reason, sessions.address, sessions.label"
)
SESSION_WIDTH = 11
NEW_USER = (
    "email, email_key, username, username_key, full_name, password_hash, role,"
    " is_active, is_verified, created_at, updated_at"
)
TOKEN = "id, user_id, purpose, expires_at, spent_at"  # noqa: S105 - columns
EVENT = "id, kind, at, user_id, session_id, data"
REVOKED_KEY = "kid, at"


def to_text(at: datetime) -> str:
    utc = at.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="milliseconds") + "Z"


def to_time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def to_user(row: Row) -> User:
    number, email, email_key, username, full_name, password_hash, role, *rest = row
    is_active, is_verified, created_at, updated_at = rest
    return User(
        id=number,
        email=email,
        email_key=email_key,
        username=username,
        full_name=full_name,
        password_hash=password_hash,
        role=Role(role),
        is_active=bool(is_active),
        is_verified=bool(is_verified),
        created_at=to_time(created_at),
        updated_at=to_time(updated_at),
    )


def from_user(user: User) -> Row:
    """Return the row of ``NEW_USER``: without its id, the keys behind their names."""
    return (
        user.email,
        user.email_key,
        user.username,
        user.username_key,
        user.full_name,
        user.password_hash,
        user.role,
        user.is_active,
        user.is_verified,
        to_text(user.created_at),
        to_text(user.updated_at),
    )


def to_session(row: Row) -> Session:
    session_id, user_id, generation, rotations, created_at, *rest = row
    last_used_at, expires_at, ended_at, end_reason, address, label = rest
    return Session(
        id=session_id,
        user_id=user_id,
        generation=generation,
        rotations=tuple(map(to_time, json.loads(rotations))),
        created_at=to_time(created_at),
        last_used_at=to_time(last_used_at),
        expires_at=to_time(expires_at),
        ended_at=to_time(ended_at) if ended_at else None,
        end_reason=EndReason(end_reason) if end_reason else None,
        client=Client(address=address, label=label),
    )


def from_session(session: Session) -> Row:
    return (
        session.id,
        session.user_id,
        session.generation,
        from_rotations(session.rotations),
        to_text(session.created_at),
        to_text(session.last_used_at),
        to_text(session.expires_at),
        to_text(session.ended_at) if session.ended_at else None,
        session.end_reason,
        session.client.address,
        session.client.label,
    )


def from_rotations(rotations: Sequence[datetime]) -> str:
    return json.dumps([to_text(at) for at in rotations])


def to_token(row: Row) -> OneTimeToken:
    token_id, user_id, purpose, expires_at, spent_at = row
    return OneTimeToken(
        token_id,
        user_id,
        Purpose(purpose),
        to_time(expires_at),
        to_time(spent_at) if spent_at else None,
    )


def from_token(token: OneTimeToken) -> Row:
    return (
        token.id,
        token.user_id,
        token.purpose,
        to_text(token.expires_at),
        to_text(token.spent_at) if token.spent_at else None,
    )


def to_event(row: Row) -> Event:
    event_id, kind, at, user_id, session_id, data = row
    return Event(
        id=event_id,
        kind=EventKind(kind),
        at=to_time(at),
        user_id=user_id,
        session_id=session_id,
        data=json.loads(data),
    )


def from_event(event: Event) -> Row:
    """Return the row, and when it is due behind it."""
    at = to_text(event.at)
    return (
        event.id,
        event.kind,
        at,
        event.user_id,
        event.session_id,
        json.dumps(dict(event.data)),
        at if event.is_outgoing else None,
    )


def to_revoked_key(row: Row) -> RevokedKey:
    kid, at = row
    return RevokedKey(kid, to_time(at))


def from_revoked_key(key: RevokedKey) -> Row:
    return key.kid, to_text(key.at)
