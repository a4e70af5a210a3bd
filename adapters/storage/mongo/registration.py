"""Users added, in MongoDB."""

from collections.abc import Sequence
from dataclasses import replace

from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from adapters.storage.mongo.database import Database
from adapters.storage.mongo.documents import ACCOUNT, TOKEN, USER
from adapters.storage.mongo.user_changes import clash
from core.errors import EmailTaken, Unavailable, UsernameTaken
from core.model import Account, Credentials, OneTimeToken, User, UserId
from core.model.events import Event


async def add(
    db: Database,
    user: User,
    credentials: Credentials,
    *,
    token: OneTimeToken | None,
    events: Sequence[Event],
) -> User:
    # One after the other, so that of racers only the one that succeeds draws an id.
    email, username = ("email", user.email_key), ("username", user.username_key)
    async with db.answering(), db.turn(email), db.turn(username):
        await _refuse_if_taken(db, user)
        account = Account(replace(user, id=await _new_id(db)), credentials)
        return await _add(db, account, token, events)


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
            raise clash(error) from None
        if token is not None:
            issued = TOKEN.from_record(replace(token, user_id=user.id))
            await db.tokens.insert_one(issued, session=session)
        return USER.to_record(document)

    told = [replace(event, user_id=user.id) for event in events]
    return await db.change(user.id, work, events=told)
