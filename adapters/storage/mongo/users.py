"""Accounts, in MongoDB."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from adapters.storage.mongo.database import Database
from adapters.storage.mongo.documents import (
    ACCOUNT,
    SESSION,
    TOKEN,
    USER,
    Document,
    Documents,
    has_stamp,
)
from adapters.storage.mongo.sessions import end_sessions
from adapters.storage.mongo.tokens import spend, void
from core.errors import EmailTaken, Unavailable, UsernameTaken
from core.model import (
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
        db = self.database
        # One after the other, so that of racers only the one that succeeds draws an id.
        email, username = ("email", user.email_key), ("username", user.username_key)
        async with db.answering(), db.turn(email), db.turn(username):
            await _refuse_if_taken(db, user)
            account = Account(replace(user, id=await _new_id(db)), credentials)
            return await _add(db, account, token, events)

    async def get(self, user_id: UserId) -> User | None:
        return await self._find(USER, {"_id": user_id})

    async def by_email(self, email_key: str) -> User | None:
        return await self._find(USER, {"email_key": email_key})

    async def account(self, user_id: UserId) -> Account | None:
        return await self._find(ACCOUNT, {"_id": user_id})

    async def account_by_email(self, email_key: str) -> Account | None:
        return await self._find(ACCOUNT, {"email_key": email_key})

    async def verify_email(
        self, token_id: TokenId, *, at: datetime, events: Sequence[Event]
    ) -> User | None:
        async def work(session: AsyncClientSession) -> User | None:
            user_id = await spend(
                self.database, session, token_id, Purpose.VERIFY_EMAIL, at
            )
            verified = {"$set": {"is_verified": True, "updated_at": at}}
            return await self._updated(session, user_id, verified)

        return await self.database.change(token_id, work, events=events)

    async def remove_unverified(
        self, token_id: TokenId, *, at: datetime, events: Sequence[Event]
    ) -> bool:
        async def work(session: AsyncClientSession) -> bool:
            db = self.database
            user_id = await spend(db, session, token_id, Purpose.VERIFY_EMAIL, at)
            removed = await db.users.delete_one(
                {"_id": user_id, "is_verified": False}, session=session
            )
            for records in (db.sessions, db.tokens):
                await records.delete_many({"user_id": user_id}, session=session)
            return removed.deleted_count == 1

        return await self.database.change(token_id, work, events=events)

    async def reset_password(
        self, token_id: TokenId, *, new_hash: str, at: datetime, events: Sequence[Event]
    ) -> User | None:
        async def work(session: AsyncClientSession) -> User | None:
            db = self.database
            user_id = await spend(db, session, token_id, Purpose.RESET_PASSWORD, at)
            if user_id is None:
                return None
            await void(db, session, user_id, Purpose.RESET_PASSWORD)
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


async def _refuse_if_taken(db: Database, user: User) -> None:
    keys = {"email_key": user.email_key}, {"username_key": user.username_key}
    found = await db.users.find({"$or": keys}, {"email_key": 1}).to_list()
    if any(other["email_key"] == user.email_key for other in found):
        raise EmailTaken
    if found:
        raise UsernameTaken


async def _new_id(db: Database) -> UserId:
    # Not within the transaction: there it would keep all other registrations waiting,
    # for a minute if we die. The price is a gap where a registration then fails.
    counter = await db.counters.find_one_and_update(
        {"_id": db.users.name},
        {"$inc": {"value": 1}},
        return_document=ReturnDocument.AFTER,
    )
    if counter is None:
        raise Unavailable
    number: UserId = counter["value"]
    return number


async def _add(
    db: Database,
    account: Account,
    token: OneTimeToken | None,
    events: Sequence[Event],
) -> User:
    user, document = account.user, ACCOUNT.from_record(account)

    async def work(session: AsyncClientSession) -> User:
        try:
            await db.users.insert_one(document, session=session)
        except DuplicateKeyError as error:
            raise _clash(error) from None
        if token is not None:
            issued = TOKEN.from_record(replace(token, user_id=user.id))
            await db.tokens.insert_one(issued, session=session)
        return USER.to_record(document)

    told = [replace(event, user_id=user.id) for event in events]
    return await db.change(user.id, work, events=told)


def _clash(error: DuplicateKeyError) -> Exception:
    # The server looks at the indexes in the order in which they were made: email first.
    index = (error.details or {}).get("keyPattern", {})
    if "email_key" in index:
        return EmailTaken()
    return UsernameTaken() if "username_key" in index else error
