"""Users changed and removed, with all that has to happen with it, in MongoDB."""

from collections.abc import Sequence
from contextlib import nullcontext

from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from adapters.storage.mongo.administrators import COUNTER, can_administer, spare_one
from adapters.storage.mongo.database import Database
from adapters.storage.mongo.documents import TOKEN, USER, Document, has_stamp
from adapters.storage.mongo.paging import count
from adapters.storage.mongo.sessions import end_sessions
from adapters.storage.mongo.tokens import void
from adapters.storage.records import CHANGED
from core.errors import EmailTaken, UsernameTaken
from core.model import Role, User, UserChange, UserId
from core.model.events import Event

MANY_EVENTS = 1000

REMOVAL_PATIENCE = 30.0
"""
Seconds for the removal of a user with many events: one transaction writes them all.

The server takes back a transaction that is older than a minute. Who has more events than
it writes until then can be removed once older ones were purged.
"""


async def change(
    db: Database, wanted: UserChange, *, events: Sequence[Event]
) -> User | None:
    before, after = wanted.before, wanted.after
    document = USER.from_record(after)
    changes = {name: document[name] for name in (*CHANGED, "grams")}
    which = {"_id": before.id} | has_stamp(before.stamp)

    async def work(session: AsyncClientSession) -> User | None:
        try:
            found = await db.users.find_one_and_update(
                which, {"$set": changes, "$inc": {"stamp": 1}}, session=session
            )
        except DuplicateKeyError as error:
            raise clash(error) from None
        if found is None or not await _follow(db, session, wanted):
            return None
        changed = found | changes | {"stamp": before.stamp + 1}
        if can_administer(found) and not can_administer(changed):
            await spare_one(db, session, before.id)
        return USER.to_record(changed)

    takes_one = before.role is Role.ADMIN and not _stays(after)
    async with db.answering(), db.turn(COUNTER) if takes_one else nullcontext():
        return await db.change(before.id, work, events=events)


async def remove(
    db: Database, user_id: UserId, *, stamp: int | None, events: Sequence[Event]
) -> bool:
    which = {"_id": user_id} | ({} if stamp is None else has_stamp(stamp))

    async def work(session: AsyncClientSession) -> bool:
        found = await db.users.find_one_and_delete(which, session=session)
        if found is None:
            return False
        if can_administer(found):
            await spare_one(db, session, user_id)
        for records in (db.sessions, db.tokens):
            await records.delete_many({"user_id": user_id}, session=session)
        await forget(db, session, user_id)
        return True

    patience = await _patience(db, user_id)
    async with db.answering(patience=patience), db.turn(COUNTER):
        return await db.change(user_id, work, events=events, patience=patience)


async def _patience(db: Database, user_id: UserId) -> float | None:
    """Return the seconds for a removal, None for those of any call."""
    async with db.answering():
        # Of those about the user, none waits for a number, which others would give it.
        await db.numbering.catch_up()
        numbers = [
            await count(db.events, [which], MANY_EVENTS) for which in _naming(user_id)
        ]
    return REMOVAL_PATIENCE if sum(numbers) >= MANY_EVENTS else None


def clash(error: DuplicateKeyError) -> Exception:
    # The server looks at the indexes in the order in which they were made: email first.
    index = (error.details or {}).get("keyPattern", {})
    if "email_key" in index:
        return EmailTaken()
    return UsernameTaken() if "username_key" in index else error


def _stays(after: User) -> bool:
    return after.role is Role.ADMIN and after.is_active


async def _follow(
    db: Database, session: AsyncClientSession, wanted: UserChange
) -> bool:
    """Do what happens with a change; False if it was not to happen."""
    user_id, at, new = wanted.after.id, wanted.after.updated_at, wanted.issues
    if wanted.spends:
        good = {"user_id": user_id, "spent_at": None, "expires_at": {"$gt": at}}
        spent = await db.tokens.delete_one(
            {"_id": wanted.spends} | good, session=session
        )
        if not spent.deleted_count:
            return False
    if wanted.ends_sessions:
        whose, reason = {"user_id": user_id}, wanted.ends_sessions
        await end_sessions(db, session, whose, at=at, reason=reason)
    if purposes := wanted.voids | ({new.purpose} if new else set()):
        await void(db, session, user_id, *purposes)
    if new is not None:
        await db.tokens.insert_one(TOKEN.from_record(new), session=session)
    return True


async def forget(db: Database, session: AsyncClientSession, user_id: UserId) -> None:
    """Let events name the user no more."""
    nobody: Document = {"address": None, "label": None}
    about, caused = _naming(user_id)
    for which, emptied in ((about, nobody | {"data": []}), (caused, nobody)):
        await db.events.update_many(which, {"$set": emptied}, session=session)


def _naming(user_id: UserId) -> tuple[Document, Document]:
    """Return what is true of events about the user, and of those which the user caused."""
    return {"user_id": user_id}, {"actor": str(user_id)}
