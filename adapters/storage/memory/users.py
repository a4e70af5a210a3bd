"""Accounts, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from adapters.storage.memory.paging import page_of
from adapters.storage.memory.tables import Tables, owned
from adapters.storage.records import CHANGED, USER
from core.errors import EmailTaken, LastAdmin, UsernameTaken
from core.model import (
    UNSAVED,
    VOIDED_BY_RESET,
    Account,
    Credentials,
    EndReason,
    Found,
    OneTimeToken,
    Place,
    Purpose,
    Role,
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

    async def find(
        self,
        wanted: UserFilter,
        order: UserOrder,
        *,
        after: Place | None,
        limit: int,
        count_to: int,
    ) -> Found[User]:
        users = [it for it in self.tables.users.values() if _is_wanted(it, wanted)]
        placed = [(Place(order.by.value_of(it), it.id), it) for it in users]
        return page_of(
            placed,
            after=after,
            descending=order.descending,
            limit=limit,
            count_to=count_to,
        )

    async def change(
        self, change: UserChange, *, events: Sequence[Event]
    ) -> User | None:
        user, after = change.before, change.after
        if not self.tables.has_stamp(user.id, user.stamp):
            return None
        if change.spends and not self._may_spend(change.spends, after):
            return None
        user = self.tables.users[user.id]
        if self.tables.emails.get(after.email_key, user.id) != user.id:
            raise EmailTaken
        if self.tables.usernames.get(after.username_key, user.id) != user.id:
            raise UsernameTaken
        if not self.tables.spares_an_admin(user, after):
            raise LastAdmin
        self._follow(change)
        self.tables.record(events)
        return self.tables.update(
            user,
            **{name: getattr(after, name) for name in CHANGED if name in USER.fields},
            stamp=user.stamp + 1,
        )

    async def remove(
        self, user_id: UserId, *, stamp: int | None, events: Sequence[Event]
    ) -> bool:
        user = self.tables.users.get(user_id)
        if user is None or stamp not in {None, user.stamp}:
            return False
        if not self.tables.spares_an_admin(user, None):
            raise LastAdmin
        self.tables.remove(user)
        self.tables.forget(user_id)
        self.tables.record(events)
        return True

    async def verify_email(
        self, token_id: TokenId, *, at: datetime, events: Sequence[Event]
    ) -> User | None:
        token = self.tables.good(token_id, Purpose.VERIFY_EMAIL, at)
        if token is None:
            return None
        self.tables.tokens[token_id] = owned(replace(token, spent_at=at))
        user = self.tables.users[token.user_id]
        self.tables.record(events)
        return self.tables.update(
            user, is_verified=True, stamp=user.stamp + 1, updated_at=at
        )

    async def remove_unverified(
        self, token_id: TokenId, *, at: datetime, events: Sequence[Event]
    ) -> bool:
        token = self.tables.good(token_id, Purpose.VERIFY_EMAIL, at)
        if token is None:
            return False
        user = self.tables.users[token.user_id]
        if user.is_verified or user.role is Role.ADMIN:
            return False
        self.tables.remove(user)
        self.tables.forget(user.id)
        self.tables.record(events)
        return True

    async def reset_password(
        self,
        token_id: TokenId,
        *,
        purpose: Purpose,
        new_hash: str,
        at: datetime,
        events: Sequence[Event],
    ) -> User | None:
        token = self.tables.good(token_id, purpose, at)
        if token is None:
            return None
        user = self.tables.users[token.user_id]
        for outdated in VOIDED_BY_RESET:
            self.tables.void(user.id, outdated)
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
        self.tables.void(user_id, Purpose.CHANGE_EMAIL)
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

    def _may_spend(self, token_id: TokenId, after: User) -> bool:
        token = self.tables.tokens.get(token_id)
        return bool(
            token and token.user_id == after.id and token.is_good(after.updated_at)
        )

    def _follow(self, change: UserChange) -> None:
        """Do what happens with a change."""
        user_id, at = change.after.id, change.after.updated_at
        if change.ends_sessions:
            self.tables.end(self.tables.unended(user_id), at, change.ends_sessions)
        if change.spends:
            del self.tables.tokens[change.spends]
        new = change.issues
        for purpose in change.voids | ({new.purpose} if new else set()):
            self.tables.void(user_id, purpose)
        if new is not None:
            self.tables.tokens[new.id] = owned(new)


def _is_wanted(user: User, wanted: UserFilter) -> bool:
    return (
        (wanted.text is None or wanted.text in user.search_text)
        and wanted.role in {None, user.role}
        and wanted.is_active in {None, user.is_active}
        and wanted.is_verified in {None, user.is_verified}
        and (wanted.created_after is None or user.created_at > wanted.created_after)
    )
