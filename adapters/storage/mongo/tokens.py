"""Mailed tokens, in MongoDB."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo.asynchronous.client_session import AsyncClientSession

from adapters.storage.mongo.database import Database
from adapters.storage.mongo.documents import TOKEN
from core.model import OneTimeToken, Purpose, TokenId, UserId
from core.model.events import Event
from core.ports import OneTimeTokens


@dataclass(frozen=True, slots=True)
class MongoTokens(OneTimeTokens):
    database: Database

    async def issue(self, token: OneTimeToken, *, events: Sequence[Event]) -> None:
        async def work(session: AsyncClientSession) -> bool:
            db = self.database
            if not await db.lock(session, {"_id": token.user_id}):
                return False
            await void(db, session, token.user_id, token.purpose)
            await db.tokens.insert_one(TOKEN.from_record(token), session=session)
            return True

        await self.database.change(token.user_id, work, events=events)

    async def get(self, token_id: TokenId) -> OneTimeToken | None:
        async with self.database.answering():
            found = await self.database.tokens.find_one({"_id": token_id})
        return TOKEN.to_record(found) if found else None

    async def of_user(self, user_id: UserId) -> Sequence[OneTimeToken]:
        theirs = self.database.tokens.find({"user_id": user_id})
        async with self.database.answering():
            found = await theirs.sort("purpose").to_list()
        return list(map(TOKEN.to_record, found))


async def void(
    db: Database, session: AsyncClientSession, user_id: UserId, *purposes: Purpose
) -> None:
    await db.tokens.delete_many(
        {"user_id": user_id, "purpose": {"$in": purposes}}, session=session
    )


async def spend(
    db: Database,
    session: AsyncClientSession,
    token_id: TokenId,
    purpose: Purpose,
    at: datetime,
) -> UserId | None:
    """Mark the token spent; return whose it is, None if it was not to be spent."""
    spent = await db.tokens.find_one_and_update(
        {
            "_id": token_id,
            "purpose": purpose,
            "expires_at": {"$gt": at},
            "spent_at": None,
        },
        {"$set": {"spent_at": at}},
        session=session,
    )
    return spent["user_id"] if spent else None
