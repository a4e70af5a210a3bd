"""Accounts, in MongoDB."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession

from adapters.storage.mongo import registration, user_changes, user_searches
from adapters.storage.mongo.database import Database
from adapters.storage.mongo.documents import (
    ACCOUNT,
    SESSION,
    USER,
    Document,
    Documents,
    has_stamp,
)
from adapters.storage.mongo.sessions import end_sessions
from adapters.storage.mongo.tokens import spend, void
from core.model import (
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

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class MongoUsers(UserRepository):
    database: Database

    async def add(
        self,
        user: User,
        credentials: Credentials,
        *,
        token: OneTimeToken | None,
        events: Sequence[Event],
    ) -> User:
        return await registration.add(
            self.database, user, credentials, token=token, events=events
        )

    async def get(self, user_id: UserId) -> User | None:
        return await self._find(USER, {"_id": user_id})

    async def by_email(self, email_key: str) -> User | None:
        return await self._find(USER, {"email_key": email_key})

    async def account(self, user_id: UserId) -> Account | None:
        return await self._find(ACCOUNT, {"_id": user_id})

    async def account_by_email(self, email_key: str) -> Account | None:
        return await self._find(ACCOUNT, {"email_key": email_key})

    async def find(
        self,
        wanted: UserFilter,
        order: UserOrder,
        *,
        after: Place | None,
        limit: int,
        count_to: int,
    ) -> Found[User]:
        return await user_searches.find(
            self.database, wanted, order, after=after, limit=limit, count_to=count_to
        )

    async def change(
        self, change: UserChange, *, events: Sequence[Event]
    ) -> User | None:
        return await user_changes.change(self.database, change, events=events)

    async def remove(
        self, user_id: UserId, *, stamp: int | None, events: Sequence[Event]
    ) -> bool:
        return await user_changes.remove(
            self.database, user_id, stamp=stamp, events=events
        )

    async def verify_email(
        self, token_id: TokenId, *, at: datetime, events: Sequence[Event]
    ) -> User | None:
        async def work(session: AsyncClientSession) -> User | None:
            user_id = await spend(
                self.database, session, token_id, Purpose.VERIFY_EMAIL, at
            )
            verified = {
                "$set": {"is_verified": True, "updated_at": at},
                "$inc": {"stamp": 1},
            }
            return await self._updated(session, user_id, verified)

        return await self.database.change(token_id, work, events=events)

    async def remove_unverified(
        self, token_id: TokenId, *, at: datetime, events: Sequence[Event]
    ) -> bool:
        async def work(session: AsyncClientSession) -> bool:
            db = self.database
            user_id = await spend(db, session, token_id, Purpose.VERIFY_EMAIL, at)
            removed = await db.users.delete_one(
                {"_id": user_id, "is_verified": False, "role": {"$ne": Role.ADMIN}},
                session=session,
            )
            for records in (db.sessions, db.tokens):
                await records.delete_many({"user_id": user_id}, session=session)
            if user_id is None or not removed.deleted_count:
                return False
            await user_changes.forget(db, session, user_id)
            return True

        return await self.database.change(token_id, work, events=events)

    async def reset_password(
        self,
        token_id: TokenId,
        *,
        purpose: Purpose,
        new_hash: str,
        at: datetime,
        events: Sequence[Event],
    ) -> User | None:
        async def work(session: AsyncClientSession) -> User | None:
            db = self.database
            user_id = await spend(db, session, token_id, purpose, at)
            if user_id is None:
                return None
            await void(db, session, user_id, *VOIDED_BY_RESET)
            which, reason = {"user_id": user_id}, EndReason.PASSWORD_RESET
            await end_sessions(db, session, which, at=at, reason=reason)
            reset = _with_password(new_hash, at, is_verified=True)
            return await self._updated(session, user_id, reset)

        return await self.database.change(token_id, work, events=events)

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
        reason = EndReason.PASSWORD_CHANGED

        async def work(session: AsyncClientSession) -> bool:
            db = self.database
            changed = await db.users.update_one(
                {"_id": user_id, "is_active": True} | has_stamp(stamp),
                _with_password(new_hash, at),
                session=session,
            )
            whose: Document = {"user_id": user_id}
            if not changed.matched_count:
                return False
            if not await end_sessions(
                db, session, whose | {"_id": renews}, at=at, reason=reason
            ):
                return False
            await void(db, session, user_id, Purpose.CHANGE_EMAIL)
            await end_sessions(db, session, whose, at=at, reason=reason)
            await db.sessions.insert_one(
                SESSION.from_record(successor), session=session
            )
            return True

        return await self.database.change(user_id, work, events=events)

    async def replace_hash(
        self, user_id: UserId, *, stamp: int, old_hash: str, new_hash: str
    ) -> bool:
        async with self.database.answering():
            replaced = await self.database.users.update_one(
                {"_id": user_id, "password_hash": old_hash} | has_stamp(stamp),
                {"$set": {"password_hash": new_hash}},
            )
        return replaced.matched_count == 1

    async def _find(self, documents: Documents[R], which: Document) -> R | None:
        async with self.database.answering():
            found = await self.database.users.find_one(which)
        return documents.to_record(found) if found else None

    async def _updated(
        self, session: AsyncClientSession, user_id: UserId | None, changes: Document
    ) -> User | None:
        found = await self.database.users.find_one_and_update(
            {"_id": user_id},
            changes,
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        return USER.to_record(found) if found else None


def _with_password(new_hash: str, at: datetime, **more: bool) -> Document:
    changes = {"password_hash": new_hash, "updated_at": at}
    return {"$set": changes | more, "$inc": {"stamp": 1}}
