"""Records to store, and the few steps that most storage laws begin with."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any, TypeAlias, TypeVar

from core.model import (
    UNSAVED,
    Account,
    Client,
    Credentials,
    EndReason,
    Locale,
    OneTimeToken,
    Purpose,
    RecordKind,
    Role,
    Session,
    SessionId,
    TokenId,
    User,
    UserChange,
    UserId,
)
from core.model.events import Event, EventKind
from core.ports import Storage

T = TypeVar("T")

Changes: TypeAlias = Any
"""Fields of a record, by name."""

NOW = datetime(2025, 12, 24, 10, 0, 0, 123000, UTC)
MOMENT = timedelta(milliseconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

RACERS = 50

HASH = "hash"
"""Of a password, unless another is asked for."""


def new_id() -> str:
    return token_hex(16)


def a_user(name: str = "ada", **changes: Changes) -> User:
    fields: dict[str, Any] = {
        "email": f"{name}@example.com",
        "username": name,
        "full_name": None,
        "created_at": NOW,
        "updated_at": NOW,
    } | changes
    return User(**{"email_key": fields["email"].lower()} | fields)


def a_password(password_hash: str | None = HASH) -> Credentials:
    return Credentials(password_hash=password_hash)


def an_account(
    user: User, password_hash: str | None = HASH, devices: Sequence[str] = ()
) -> Account:
    return Account(user, a_password(password_hash), devices)


def a_session(user: User, **changes: Changes) -> Session:
    fields: dict[str, Any] = {
        "id": new_id(),
        "user_id": user.id,
        "created_at": NOW,
        "last_used_at": NOW,
        "expires_at": NOW + DAY,
        "client": Client(address="192.0.2.1", label="Firefox"),
    }
    return Session(**fields | changes)


def a_token(
    user_id: UserId = UNSAVED,
    purpose: Purpose = Purpose.VERIFY_EMAIL,
    *,
    expires_at: datetime = NOW + DAY,
    spent_at: datetime | None = None,
    email: str | None = None,
) -> OneTimeToken:
    return OneTimeToken(new_id(), user_id, purpose, expires_at, spent_at, email)


def an_event(
    kind: EventKind = EventKind.USER_REGISTERED,
    user_id: UserId | None = UNSAVED,
    at: datetime = NOW,
    **changes: Changes,
) -> Event:
    return Event(id=new_id(), kind=kind, at=at, user_id=user_id, **changes)


async def add(
    storage: Storage,
    name: str = "ada",
    *,
    password_hash: str | None = HASH,
    **changes: Changes,
) -> User:
    user = a_user(name, **changes)
    return await storage.users.add(
        user, a_password(password_hash), token=None, events=[]
    )


async def log_in(storage: Storage, user: User, **changes: Changes) -> Session:
    session = a_session(user, **changes)
    assert await storage.sessions.open(session, stamp=user.stamp, devices=[], events=[])
    return session


def seen(user: User, at: datetime = NOW) -> User:
    """Return the user as a log-in leaves them."""
    return replace(user, last_login_at=at)


async def keep_session(storage: Storage, user: User, **changes: Changes) -> Session:
    """Store a session as a transfer does: nobody logs in to an inactive account."""
    session = a_session(user, **changes)
    await storage.archive.write(RecordKind.SESSIONS, [session])
    return session


async def issue(
    storage: Storage, user: User, purpose: Purpose = Purpose.VERIFY_EMAIL
) -> TokenId:
    token = a_token(user.id, purpose)
    await storage.tokens.issue(token, events=[])
    return token.id


async def change_password(  # noqa: PLR0913 - all of it changes together
    storage: Storage,
    user: User,
    session: Session,
    *,
    new_hash: str = "new",
    successor: Session | None = None,
    events: Sequence[Event] = (),
) -> bool:
    """Change it at ``NOW``; without a successor the session gets one like itself."""
    return await storage.users.change_password(
        user.id,
        stamp=user.stamp,
        new_hash=new_hash,
        renews=session.id,
        successor=successor or a_session(user),
        at=NOW,
        events=events,
    )


async def change(  # noqa: PLR0913 - a change, and what happens with it
    storage: Storage,
    before: User,
    *,
    events: Sequence[Event] = (),
    ends_sessions: EndReason | None = None,
    voids: frozenset[Purpose] = frozenset(),
    issues: OneTimeToken | None = None,
    spends: TokenId | None = None,
    **edit: Changes,
) -> User | None:
    """Change a user a minute after ``NOW``, unless another moment is named."""
    fields: dict[str, Any] = {"updated_at": NOW + MINUTE} | edit
    after = replace(before, **fields)
    return await storage.users.change(
        UserChange(
            before=before,
            after=after,
            ends_sessions=ends_sessions,
            voids=voids,
            issues=issues,
            spends=spends,
        ),
        events=events,
    )


async def switch(storage: Storage, user: User, *, is_active: bool) -> User:
    """Switch an account on or off, as an operator does in the store."""
    switched = replace(user, is_active=is_active)
    await storage.archive.write(RecordKind.USERS, [an_account(switched)])
    return switched


async def hash_of(storage: Storage, user: User) -> str | None:
    account = await storage.users.account(user.id)
    assert account is not None
    return account.credentials.password_hash


async def stored(storage: Storage, session_id: SessionId) -> Session:
    found = await storage.sessions.identities([session_id])
    return found[session_id].session


async def end(storage: Storage, session: Session) -> bool:
    return await storage.sessions.end(
        session.id, at=NOW, reason=EndReason.LOGGED_OUT, events=[]
    )


async def history(storage: Storage) -> list[Event]:
    return list(await storage.events.read(after=None, limit=1000))


async def race(call: Callable[[int], Awaitable[T]]) -> list[T]:
    """Let all racers call at once; return what each got."""
    return await asyncio.gather(*(call(number) for number in range(RACERS)))


EVERY_FIELD: dict[str, Any] = {
    "full_name": "Ada Lovelace",
    "role": Role.ADMIN,
    "is_active": False,
    "is_verified": True,
    "locale": Locale.DE,
    "stamp": 7,
    "created_at": NOW - DAY,
    "updated_at": NOW - MOMENT,
    "last_login_at": NOW - MINUTE,
}
"""Of a user, none as it is by default."""
