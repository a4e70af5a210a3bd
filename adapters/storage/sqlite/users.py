"""Accounts, in SQLite."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from sqlite3 import Connection
from typing import TypeVar

from adapters.storage.rows import Rows
from adapters.storage.sqlite import user_searches
from adapters.storage.sqlite.database import Database
from adapters.storage.sqlite.events import record
from adapters.storage.sqlite.rows import ACCOUNT, NEW_ACCOUNT, USER, to_text
from adapters.storage.sqlite.sessions import end_sessions, store_session
from adapters.storage.sqlite.tokens import spend, store, void
from adapters.storage.sqlite.user_changes import (
    change_user,
    clash,
    remove_unverified_user,
    remove_user,
)
from adapters.storage.statements import compose
from core.model import (
    VOIDED_BY_RESET,
    Account,
    Credentials,
    EndReason,
    Found,
    OneTimeToken,
    Place,
    Purpose,
    Session,
    SessionId,
    TokenId,
    User,
    UserChange,
    UserFilter,
    UserId,
    UserOrder,
)
from core.model.events import Event
from core.ports import UserRepository

R = TypeVar("R")

BY_ID = compose("SELECT $user FROM users WHERE id = ?", user=USER.columns)

BY_EMAIL = compose("SELECT $user FROM users WHERE email_key = ?", user=USER.columns)

ACCOUNT_BY_ID = compose(
    "SELECT $account FROM users WHERE id = ?", account=ACCOUNT.columns
)

ACCOUNT_BY_EMAIL = compose(
    "SELECT $account FROM users WHERE email_key = ?", account=ACCOUNT.columns
)

INSERT = compose(
    "$insert RETURNING $user", insert=NEW_ACCOUNT.insert, user=USER.columns
)

CHANGE_PASSWORD = """
UPDATE users SET password_hash = ?, stamp = stamp + 1, updated_at = ?
WHERE id = ? AND stamp = ? AND is_active AND EXISTS (
    SELECT 1 FROM sessions
    WHERE sessions.id = ? AND user_id = users.id AND ended_at IS NULL
)
"""  # noqa: S105 - a statement

REPLACE_HASH = """
UPDATE users SET password_hash = ? WHERE id = ? AND stamp = ? AND password_hash = ?
"""

# Behind it: the trigger can't know that it is the same password.
KEEP_STAMP = "UPDATE users SET stamp = ? WHERE id = ?"


@dataclass(frozen=True, slots=True)
class SqliteUsers(UserRepository):
    database: Database

    async def add(
        self,
        user: User,
        credentials: Credentials,
        *,
        token: OneTimeToken | None,
        events: Sequence[Event],
    ) -> User:
        def change(db: Connection) -> User:
            added = _insert(db, Account(user, credentials))
            if token is not None:
                store(db, replace(token, user_id=added.id))
            record(db, [replace(event, user_id=added.id) for event in events])
            return added

        return await self.database.write(change)

    async def get(self, user_id: UserId) -> User | None:
        return await self.database.read(lambda db: _find(db, USER, BY_ID, user_id))

    async def by_email(self, email_key: str) -> User | None:
        return await self.database.read(lambda db: _find(db, USER, BY_EMAIL, email_key))

    async def account(self, user_id: UserId) -> Account | None:
        return await self.database.read(
            lambda db: _find(db, ACCOUNT, ACCOUNT_BY_ID, user_id)
        )

    async def account_by_email(self, email_key: str) -> Account | None:
        return await self.database.read(
            lambda db: _find(db, ACCOUNT, ACCOUNT_BY_EMAIL, email_key)
        )

    async def find(
        self,
        wanted: UserFilter,
        order: UserOrder,
        *,
        after: Place | None,
        limit: int,
        count_to: int,
    ) -> Found[User]:
        return await self.database.read(
            lambda db: user_searches.find(
                db, wanted, order, after=after, limit=limit, count_to=count_to
            )
        )

    async def change(
        self, change: UserChange, *, events: Sequence[Event]
    ) -> User | None:
        def make(db: Connection) -> User | None:
            changed = change_user(db, change, events)
            return _find(db, USER, BY_ID, change.after.id) if changed else None

        return await self.database.write(make)

    async def remove(
        self, user_id: UserId, *, stamp: int | None, events: Sequence[Event]
    ) -> bool:
        return await self.database.write(
            lambda db: remove_user(db, user_id, stamp, events)
        )

    async def verify_email(
        self, token_id: TokenId, *, at: datetime, events: Sequence[Event]
    ) -> User | None:
        def change(db: Connection) -> User | None:
            user_id = spend(db, token_id, Purpose.VERIFY_EMAIL, at)
            if user_id is None:
                return None
            record(db, events)
            db.execute(
                "UPDATE users SET is_verified = TRUE, stamp = stamp + 1, updated_at = ?"
                " WHERE id = ?",
                (to_text(at), user_id),
            )
            return _find(db, USER, BY_ID, user_id)

        return await self.database.write(change)

    async def remove_unverified(
        self, token_id: TokenId, *, at: datetime, events: Sequence[Event]
    ) -> bool:
        return await self.database.write(
            lambda db: remove_unverified_user(db, token_id, at, events)
        )

    async def reset_password(
        self,
        token_id: TokenId,
        *,
        purpose: Purpose,
        new_hash: str,
        at: datetime,
        events: Sequence[Event],
    ) -> User | None:
        def change(db: Connection) -> User | None:
            user_id = spend(db, token_id, purpose, at)
            if user_id is None:
                return None
            for outdated in VOIDED_BY_RESET:
                void(db, user_id, outdated)
            end_sessions(db, user_id, at=at, reason=EndReason.PASSWORD_RESET)
            record(db, events)
            db.execute(
                "UPDATE users SET password_hash = ?, is_verified = TRUE,"
                " stamp = stamp + 1, updated_at = ? WHERE id = ?",
                (new_hash, to_text(at), user_id),
            )
            return _find(db, USER, BY_ID, user_id)

        return await self.database.write(change)

    async def change_password(  # noqa: PLR0913 - the port's
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
        def change(db: Connection) -> bool:
            changed = db.execute(
                CHANGE_PASSWORD, (new_hash, to_text(at), user_id, stamp, renews)
            ).rowcount
            if not changed:
                return False
            void(db, user_id, Purpose.CHANGE_EMAIL)
            end_sessions(db, user_id, at=at, reason=EndReason.PASSWORD_CHANGED)
            store_session(db, successor)
            record(db, events)
            return True

        return await self.database.write(change)

    async def replace_hash(
        self, user_id: UserId, *, stamp: int, old_hash: str, new_hash: str
    ) -> bool:
        def change(db: Connection) -> bool:
            which = (user_id, stamp, old_hash)
            if not db.execute(REPLACE_HASH, (new_hash, *which)).rowcount:
                return False
            db.execute(KEEP_STAMP, (stamp, user_id))
            return True

        return await self.database.write(change)


def _find(db: Connection, rows: Rows[R], query: str, key: str | int) -> R | None:
    row = db.execute(query, (key,)).fetchone()
    return rows.to_record(row) if row else None


def _insert(db: Connection, account: Account) -> User:
    try:
        (row,) = db.execute(INSERT, NEW_ACCOUNT.values(account)).fetchall()
    except sqlite3.IntegrityError:
        raise clash(db, account.user) from None
    return USER.to_record(row)
