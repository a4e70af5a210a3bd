"""Log-ins, in MongoDB."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo.asynchronous.client_session import AsyncClientSession

from adapters.storage.mongo.database import SNAPSHOT, Database
from adapters.storage.mongo.documents import (
    from_progress,
    from_session,
    to_session,
    to_user,
)
from core.events import Event
from core.model import EndReason, Identity, Session, SessionId, UserId
from core.ports import SessionRepository


@dataclass(frozen=True, slots=True)
class MongoSessions(SessionRepository):
    database: Database

    async def open(
        self, session: Session, *, password_hash: str, events: Sequence[Event]
    ) -> bool:
        async def work(transaction: AsyncClientSession) -> bool:
            db = self.database
            checked = {"_id": session.user_id, "password_hash": password_hash}
            if not await db.lock(transaction, checked):
                return False
            await db.sessions.insert_one(from_session(session), session=transaction)
            return True

        return await self.database.change(session.user_id, work, events=events)

    async def identities(
        self, session_ids: Collection[SessionId]
    ) -> Mapping[SessionId, Identity]:
        asked = list(session_ids)
        # At one moment: $lookup by itself may see the users later than the sessions.
        sessions = self.database.sessions.with_options(read_concern=SNAPSHOT)
        with self.database.answering():
            found = await sessions.aggregate(
                [
                    {"$match": {"_id": {"$in": asked}}},
                    {
                        "$lookup": {
                            "from": self.database.users.name,
                            "localField": "user_id",
                            "foreignField": "_id",
                            "as": "user",
                        }
                    },
                    {"$unwind": "$user"},
                ],
                batchSize=len(asked) + 1,  # all of them in the first answer
            )
            rows = await found.to_list()
        return {
            row["_id"]: Identity(session=to_session(row), user=to_user(row["user"]))
            for row in rows
        }

    async def advance(self, session: Session) -> bool:
        before = {
            "_id": session.id,
            "generation": session.generation - 1,
            "ended_at": None,
        }
        with self.database.answering():
            advanced = await self.database.sessions.update_one(
                before, {"$set": from_progress(session)}
            )
        return advanced.matched_count == 1

    async def end(
        self,
        session_id: SessionId,
        *,
        at: datetime,
        reason: EndReason,
        events: Sequence[Event],
    ) -> bool:
        async def work(transaction: AsyncClientSession) -> bool:
            ended = await self.database.sessions.update_one(
                {"_id": session_id, "ended_at": None},
                {"$set": {"ended_at": at, "end_reason": reason}},
                session=transaction,
            )
            return ended.matched_count == 1

        return await self.database.change(session_id, work, events=events)

    async def end_all(
        self,
        user_id: UserId,
        *,
        at: datetime,
        reason: EndReason,
        events: Sequence[Event],
    ) -> int:
        return await self.database.change(
            user_id,
            lambda transaction: end_all_but(
                None, self.database, transaction, user_id, at=at, reason=reason
            ),
            events=events,
        )


async def end_all_but(  # noqa: PLR0913 - all of it matters
    keep: SessionId | None,
    db: Database,
    transaction: AsyncClientSession,
    user_id: UserId,
    *,
    at: datetime,
    reason: EndReason,
) -> int:
    """Return how many sessions those were."""
    ended = await db.sessions.update_many(
        {"user_id": user_id, "ended_at": None, "_id": {"$ne": keep}},
        {"$set": {"ended_at": at, "end_reason": reason}},
        session=transaction,
    )
    return ended.matched_count
