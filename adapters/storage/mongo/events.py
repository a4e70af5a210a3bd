"""Events and their outbox, in MongoDB."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bson import ObjectId
from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from adapters.storage.mongo import event_searches
from adapters.storage.mongo.database import SNAPSHOT, Database
from adapters.storage.mongo.documents import DELIVERY, EVENT, Document
from core.errors import Unavailable
from core.model import EventFilter, EventId, Found, Place, UserId
from core.model.events import Backlog, Delivery, Event, EventKind
from core.ports import EventLog

EVER = datetime(1970, 1, 1, tzinfo=UTC)

TOLD: list[Document] = [
    {
        "$set": {
            "data": {"$cond": [{"$eq": ["$kind", EventKind.USER_DELETED]}, [], "$data"]}
        }
    },
    {"$unset": "due_at"},
]
"""Out of the outbox; who was deleted is forgotten in the same moment."""


@dataclass(frozen=True, slots=True)
class MongoEvents(EventLog):
    database: Database
    # Marks of claims that were given up, while the server may have granted them.
    _lost: deque[ObjectId] = field(
        default_factory=lambda: deque(maxlen=100), init=False, repr=False
    )

    async def append(self, events: Sequence[Event]) -> None:
        async def nothing_else(_: AsyncClientSession) -> bool:
            return True

        await self.database.change(object(), nothing_else, events=events)

    async def claim(
        self, *, at: datetime, lease: timedelta, limit: int
    ) -> Sequence[Delivery]:
        marks = [ObjectId(), *self._lost]
        self._lost.clear()
        try:
            async with self.database.answering():
                await self.database.numbering.catch_up()
                await self._mark(marks[0], limit, at=at, until=at + lease)
                return await self._granted(marks, at + lease / 2)
        except Unavailable:
            self._lost.extend(marks)
            raise

    async def _mark(
        self, mark: ObjectId, limit: int, *, at: datetime, until: datetime
    ) -> None:
        events, due = self.database.events, {"due_at": {"$lte": at}}
        oldest = events.find(due, {"_id": 1}).sort("seq").limit(limit)
        # One by one, though in one command: such updates are retried, and of any
        # number of callers one still finds the event due.
        claims = [
            UpdateOne(
                {"_id": found["_id"], **due},
                {"$set": {"due_at": until, "claim": mark}, "$inc": {"attempts": 1}},
            )
            async for found in oldest
        ]
        if claims:
            await events.bulk_write(claims)

    async def _granted(
        self, marks: Sequence[ObjectId], until: datetime
    ) -> list[Delivery]:
        """Return what is claimed by these marks, at least until then."""
        ours = {"due_at": {"$gte": until}, "claim": {"$in": marks}}
        return [
            DELIVERY.to_record(found)
            async for found in self.database.events.find(ours).sort("seq")
        ]

    async def delivered(self, event_id: EventId) -> None:
        await self._update({"_id": event_id}, TOLD)

    async def failed(self, delivery: Delivery, *, retry_at: datetime | None) -> None:
        claimed = {
            "_id": delivery.event.id,
            "attempts": delivery.attempt,
            "due_at": {"$exists": True},
        }
        await self._update(
            claimed,
            {"$set": {"due_at": retry_at}} if retry_at else TOLD,
        )

    async def backlog(self, *, limit: int) -> Backlog:
        waiting = self.database.events.find(
            {"due_at": {"$gt": EVER}}, {"_id": 0, "at": 1, "attempts": 1}
        )
        async with self.database.answering():
            found = await waiting.limit(limit).to_list()
        retried = sum(event["attempts"] > 1 for event in found)
        oldest = min((event["at"] for event in found), default=None)
        return Backlog(len(found), retried, oldest)

    async def read(
        self, *, after: EventId | None, limit: int, user_id: UserId | None = None
    ) -> Sequence[Event]:
        # At one moment: else a number could be read, and an earlier one missed.
        events = self.database.events.with_options(read_concern=SNAPSHOT)
        whose = {} if user_id is None else {"user_id": user_id}
        async with self.database.answering():
            await self.database.numbering.catch_up()
            beginning = await self._number(after) if after else 0
            if beginning is None:
                return []
            page = events.find({"seq": {"$gt": beginning}, **whose})
            found = await page.sort("seq").limit(limit).to_list()
        return list(map(EVENT.to_record, found))

    async def find(
        self,
        wanted: EventFilter,
        *,
        after: Place | None,
        limit: int,
        count_to: int,
    ) -> Found[Event]:
        return await event_searches.find(
            self.database, wanted, after=after, limit=limit, count_to=count_to
        )

    async def _number(self, event_id: EventId) -> int | None:
        found = await self.database.events.find_one({"_id": event_id}, {"seq": 1})
        return found["seq"] if found else None

    async def _update(self, which: Document, change: Document | list[Document]) -> None:
        async with self.database.answering():
            await self.database.events.update_one(which, change)
