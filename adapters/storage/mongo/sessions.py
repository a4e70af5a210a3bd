"""Log-ins, in MongoDB."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from weakref import WeakValueDictionary

from pymongo.asynchronous.client_session import AsyncClientSession

from adapters.storage.mongo.database import SNAPSHOT, Database
from adapters.storage.mongo.documents import (
    SESSION,
    USER,
    Document,
    from_client,
    refreshed,
)
from adapters.storage.mongo.log_ins import Batch, LogIn, open_all
from adapters.storage.mongo.paging import ListOrder, count, page_of
from core.errors import Unavailable
from core.model import (
    Client,
    EndReason,
    Found,
    Identity,
    Place,
    Session,
    SessionId,
    UserId,
)
from core.model.events import Event
from core.ports import SessionRepository

NEWEST_FIRST = ListOrder("created_at", "_id", descending=True)


@dataclass(frozen=True, slots=True)
class MongoSessions(SessionRepository):
    database: Database
    _batches: WeakValueDictionary[tuple[UserId, int], Batch] = field(
        default_factory=WeakValueDictionary, init=False, repr=False
    )

    async def open(
        self,
        session: Session,
        *,
        stamp: int,
        devices: Sequence[str],
        events: Sequence[Event],
    ) -> bool:
        # All log-ins of a user write the user's document, one after the other: those
        # who wait meanwhile are then stored together.
        key = session.user_id, stamp
        batch = self._batches.get(key)
        if batch is None or batch.begun:
            batch = self._batches[key] = Batch()
        batch.waiting[session.id] = LogIn(session, devices, events)
        try:
            async with self.database.answering():
                async with self.database.turn(session.user_id):
                    if not batch.begun:
                        await open_all(self.database, batch, session.user_id, stamp)
                await self.database.number()
        finally:
            del batch.waiting[session.id]
        if batch.opened is None:
            raise Unavailable
        return batch.opened

    async def identities(
        self, session_ids: Collection[SessionId]
    ) -> Mapping[SessionId, Identity]:
        asked = list(session_ids)
        # At one moment: $lookup by itself may see the users later than the sessions.
        sessions = self.database.sessions.with_options(read_concern=SNAPSHOT)
        async with self.database.answering():
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
            row["_id"]: Identity(SESSION.to_record(row), USER.to_record(row["user"]))
            for row in rows
        }

    async def of_user(
        self,
        user_id: UserId,
        *,
        at: datetime,
        after: Place | None,
        limit: int,
        count_to: int,
    ) -> Found[Session]:
        sessions = self.database.sessions
        live = [{"user_id": user_id, "ended_at": None, "expires_at": {"$gt": at}}]
        async with self.database.answering():
            total = await count(sessions, live, count_to)
            page = await page_of(sessions, live, NEWEST_FIRST, after=after, limit=limit)
        found = map(SESSION.to_record, page)
        return Found([(Place(it.created_at, it.id), it) for it in found], total)

    async def advance(self, session: Session, *, events: Sequence[Event]) -> bool:
        before = {"generation": session.generation - 1}
        return await self._update(session.id, before, refreshed(session), events)

    async def note_client(
        self,
        session_id: SessionId,
        *,
        old: Client,
        new: Client,
        events: Sequence[Event],
    ) -> bool:
        return await self._update(
            session_id, from_client(old), from_client(new), events
        )

    async def end(
        self,
        session_id: SessionId,
        *,
        at: datetime,
        reason: EndReason,
        events: Sequence[Event],
    ) -> bool:
        async def work(transaction: AsyncClientSession) -> bool:
            which = {"_id": session_id}
            return bool(
                await end_sessions(
                    self.database, transaction, which, at=at, reason=reason
                )
            )

        return await self.database.change(session_id, work, events=events)

    async def end_all(
        self,
        user_id: UserId,
        *,
        keep: SessionId | None = None,
        at: datetime,
        reason: EndReason,
        events: Sequence[Event],
    ) -> int:
        which: Document = {"user_id": user_id}
        if keep is not None:
            which["_id"] = {"$ne": keep}
        return await self.database.change(
            user_id,
            lambda transaction: end_sessions(
                self.database, transaction, which, at=at, reason=reason
            ),
            events=events,
        )

    async def end_of_inactive(
        self, user_id: UserId, *, at: datetime, events: Sequence[Event]
    ) -> int:
        known = {"user_id": user_id, "created_at": {"$lte": at}}
        reason = EndReason.USER_INACTIVE

        async def work(transaction: AsyncClientSession) -> int | None:
            ended = await end_sessions(
                self.database, transaction, known, at=at, reason=reason
            )
            return ended or None

        return await self.database.change(user_id, work, events=events) or 0

    async def _update(
        self,
        session_id: SessionId,
        before: Document,
        after: Document,
        events: Sequence[Event],
    ) -> bool:
        """Update a session that is as before and has not ended; tell whether it was."""
        sessions, which = self.database.sessions, {"_id": session_id, "ended_at": None}

        async def update(transaction: AsyncClientSession | None = None) -> bool:
            updated = await sessions.update_one(
                which | before, {"$set": after}, session=transaction
            )
            return updated.matched_count == 1

        if events:
            return await self.database.change(session_id, update, events=events)
        # One document, and nothing to tell: no transaction is needed.
        async with self.database.answering():
            return await update()


async def end_sessions(
    db: Database,
    transaction: AsyncClientSession,
    which: Document,
    *,
    at: datetime,
    reason: EndReason,
) -> int:
    """Return how many sessions those were."""
    ended = await db.sessions.update_many(
        {**which, "ended_at": None},
        {"$set": {"ended_at": at, "end_reason": reason}},
        session=transaction,
    )
    return ended.matched_count
