"""Accounts, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from adapters.storage.memory.tables import Tables, owned
from core.errors import EmailTaken, UsernameTaken
from core.model import (
    UNSAVED,
    Account,
    Credentials,
    EndReason,
    OneTimeToken,
    Purpose,
    Session,
    SessionId,
    TokenId,
    User,
    UserId,
)
from core.model.events import Event
from core.ports import UserRepository


@dataclass(frozen=True, slots=True)
class MemoryUsers(UserRepository):
    tables: Tables

    async def add(
        self,
        user: User,
        credentials: Credentials,
        *,
        token: OneTimeToken | None,
        events: Sequence[Event],
    ) -> User:
        if user.email_key in self.tables.emails:
            raise EmailTaken
        if user.username_key in self.tables.usernames:
            raise UsernameTaken
        new_id = self.tables.highest_user + 1
        self.tables.put([Account(replace(user, id=new_id), credentials)])
        if token is not None:
            self.tables.tokens[token.id] = owned(replace(token, user_id=new_id))
        self.tables.record([replace(event, user_id=new_id) for event in events])
        return self.tables.users[new_id]

    async def get(self, user_id: UserId) -> User | None:
        return self.tables.users.get(user_id)

    async def by_email(self, email_key: str) -> User | None:
        return self.tables.users.get(self.tables.emails.get(email_key, UNSAVED))

    async def account(self, user_id: UserId) -> Account | None:
        user = self.tables.users.get(user_id)
        return self.tables.account(user) if user else None

    async def account_by_email(self, email_key: str) -> Account | None:
        return await self.account(self.tables.emails.get(email_key, UNSAVED))

    async def verify_email(
        self, token_id: TokenId, *, at: datetime, events: Sequence[Event]
    ) -> User | None:
        token = self.tables.good(token_id, Purpose.VERIFY_EMAIL, at)
        if token is None:
            return None
        self.tables.tokens[token_id] = owned(replace(token, spent_at=at))
        user = self.tables.users[token.user_id]
        self.tables.record(events)
        return self.tables.update(user, is_verified=True, updated_at=at)

    async def remove_unverified(
        self, token_id: TokenId, *, at: datetime, events: Sequence[Event]
    ) -> bool:
        token = self.tables.good(token_id, Purpose.VERIFY_EMAIL, at)
        if token is None or self.tables.users[token.user_id].is_verified:
            return False
        self.tables.remove(self.tables.users[token.user_id])
        self.tables.record(events)
        return True

    async def reset_password(
        self, token_id: TokenId, *, new_hash: str, at: datetime, events: Sequence[Event]
    ) -> User | None:
        token = self.tables.good(token_id, Purpose.RESET_PASSWORD, at)
        if token is None:
            return None
        del self.tables.tokens[token_id]
        user = self.tables.users[token.user_id]
        sessions = self.tables.unended(user.id)
        self.tables.end(sessions, at, EndReason.PASSWORD_RESET)
        self.tables.record(events)
        self.tables.set_hash(user.id, new_hash)
        return self.tables.update(
            user, is_verified=True, stamp=user.stamp + 1, updated_at=at
        )

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
        if not self.tables.may_log_in(user_id, stamp):
            return False
        sessions = self.tables.unended(user_id)
        if renews not in {session.id for session in sessions}:
            return False
        self.tables.set_hash(user_id, new_hash)
        self.tables.update(self.tables.users[user_id], stamp=stamp + 1, updated_at=at)
        self.tables.end(sessions, at, EndReason.PASSWORD_CHANGED)
        self.tables.sessions[successor.id] = owned(successor)
        self.tables.record(events)
        return True

    async def replace_hash(
        self, user_id: UserId, *, stamp: int, old_hash: str, new_hash: str
    ) -> bool:
        if not self.tables.has_stamp(user_id, stamp):
            return False
        credentials = self.tables.account(self.tables.users[user_id]).credentials
        if credentials.password_hash != old_hash:
            return False
        self.tables.set_hash(user_id, new_hash)
        return True
