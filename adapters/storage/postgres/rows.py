"""How records stand in rows."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

from psycopg.types.json import Jsonb

from core.model import (
    Client,
    EndReason,
    Identity,
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
TOKEN = "id, user_id, purpose, expires_at, spent_at"  # noqa: S105 - columns
EVENT = (
    "events.id, events.kind, events.at, events.user_id, events.session_id, events.data"
)
REVOKED_KEY = "kid, at"


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
        is_active=is_active,
        is_verified=is_verified,
        created_at=created_at,
        updated_at=updated_at,
    )


def from_user(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "email": user.email,
        "email_key": user.email_key,
        "username": user.username,
        "username_key": user.username_key,
        "full_name": user.full_name,
        "password_hash": user.password_hash,
        "role": user.role,
        "is_active": user.is_active,
        "is_verified": user.is_verified,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
    }


def to_session(row: Row) -> Session:
    session_id, user_id, generation, rotations, created_at, *rest = row
    last_used_at, expires_at, ended_at, end_reason, address, label = rest
    return Session(
        id=session_id,
        user_id=user_id,
        generation=generation,
        rotations=tuple(rotations),
        created_at=created_at,
        last_used_at=last_used_at,
        expires_at=expires_at,
        ended_at=ended_at,
        end_reason=EndReason(end_reason) if end_reason else None,
        client=Client(address=address, label=label),
    )


def from_session(session: Session) -> dict[str, Any]:
    return {
        "id": session.id,
        "user_id": session.user_id,
        "generation": session.generation,
        "rotations": list(session.rotations),
        "created_at": session.created_at,
        "last_used_at": session.last_used_at,
        "expires_at": session.expires_at,
        "ended_at": session.ended_at,
        "end_reason": session.end_reason,
        "address": session.client.address,
        "label": session.client.label,
    }


def to_identity(row: Row) -> Identity:
    return Identity(
        session=to_session(row[:SESSION_WIDTH]), user=to_user(row[SESSION_WIDTH:])
    )


def to_token(row: Row) -> OneTimeToken:
    token_id, user_id, purpose, expires_at, spent_at = row
    return OneTimeToken(token_id, user_id, Purpose(purpose), expires_at, spent_at)


def from_token(token: OneTimeToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "user_id": token.user_id,
        "purpose": token.purpose,
        "expires_at": token.expires_at,
        "spent_at": token.spent_at,
    }


def to_event(row: Row) -> Event:
    event_id, kind, at, user_id, session_id, data = row
    return Event(
        id=event_id,
        kind=EventKind(kind),
        at=at,
        user_id=user_id,
        session_id=session_id,
        data=data,
    )


def from_event(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "kind": event.kind,
        "at": event.at,
        "user_id": event.user_id,
        "session_id": event.session_id,
        "data": dict(event.data),
        "due_at": event.at if event.is_outgoing else None,
    }


def to_revoked_key(row: Row) -> RevokedKey:
    kid, at = row
    return RevokedKey(kid, at)


def from_revoked_key(key: RevokedKey) -> dict[str, Any]:
    return {"kid": key.kid, "at": key.at}


def from_events(events: Sequence[Event]) -> Jsonb:
    return as_one_value(map(from_event, events))


def as_one_value(rows: Iterable[Mapping[str, Any]]) -> Jsonb:
    """Return what ``jsonb_populate_recordset`` takes: one statement stores any number."""
    return Jsonb(list(rows), dumps=partial(json.dumps, default=datetime.isoformat))
