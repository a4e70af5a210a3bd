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
    has_stamp,
    refreshed,
)
from core.errors import Unavailable
from core.model import Client, EndReason, Identity, Session, SessionId, UserId
from core.model.events import Event
from core.ports import SessionRepository


@dataclass(slots=True, eq=False, weakref_slot=True)
class Batch:
    """Log-ins of a user with one stamp, stored by the first of the callers whose turn it is."""

    begun: bool = False
    opened: bool | None = None
    waiting: dict[SessionId, tuple[Session, Sequence[Event]]] = field(
        default_factory=dict
    )


@dataclass(frozen=True, slots=True)
class MongoSessions(SessionRepository):
    database: Database
    _batches: WeakValueDictionary[tuple[UserId, int], Batch] = field(
        default_factory=WeakValueDictionary, init=False, repr=False
    )

    async def open(
        self, session: Session, *, stamp: int, events: Sequence[Event]
    ) -> bool:
        # All log-ins of a user write the user's document, one after the other: those
        # who wait meanwhile are then stored together.
        key = session.user_id, stamp
        batch = self._batches.get(key)
        if batch is None or batch.begun:
            batch = self._batches[key] = Batch()
        batch.waiting[session.id] = session, events
        try:
            async with self.database.answering():
                async with self.database.turn(session.user_id):
                    if not batch.begun:
                        await self._open(batch, session.user_id, stamp)
                await self.database.number()
        finally:
            del batch.waiting[session.id]
        if batch.opened is None:
            raise Unavailable
        return batch.opened

    async def _open(self, batch: Batch, user_id: UserId, stamp: int) -> None:
        batch.begun = True
        sessions = [
            SESSION.from_record(session) for session, _ in batch.waiting.values()
        ]
        events = [event for _, told in batch.waiting.values() for event in told]

        async def work(transaction: AsyncClientSession) -> bool:
            checked = {"_id": user_id, "is_active": True} | has_stamp(stamp)
            if not await self.database.lock(transaction, checked):
                return False
            await self.database.sessions.insert_many(sessions, session=transaction)
            return True

        batch.opened = await self.database.transact(work, events=events)

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
        at: datetime,
        reason: EndReason,
        events: Sequence[Event],
    ) -> int:
        return await self.database.change(
            user_id,
            lambda transaction: end_sessions(
                self.database, transaction, {"user_id": user_id}, at=at, reason=reason
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
