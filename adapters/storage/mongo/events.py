"""Events and their outbox, in MongoDB."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bson import ObjectId
from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from adapters.storage.mongo.database import SNAPSHOT, Database
from adapters.storage.mongo.documents import Document, to_event
from core.events import Delivery, Event
from core.model import EventId, UserId
from core.ports import EventLog


@dataclass(frozen=True, slots=True)
class MongoEvents(EventLog):
    database: Database

    async def append(self, events: Sequence[Event]) -> None:
        async def nothing_else(_: AsyncClientSession) -> bool:
            return True

        await self.database.change(object(), nothing_else, events=events)

    async def claim(
        self, *, at: datetime, lease: timedelta, limit: int
    ) -> Sequence[Delivery]:
        events = self.database.events
        due: Document = {"due_at": {"$lte": at}}
        mark = ObjectId()
        taken = {"due_at": at + lease, "claim": mark}
        with self.database.answering():
            await self.database.numbering.catch_up()
            oldest = events.find(due, {"_id": 1}).sort("seq").limit(limit)
            ids = [found["_id"] async for found in oldest]
            if not ids:
                return []
            # One by one, though in one command: such updates are retried, and of any
            # number of callers one still finds the event due.
            await events.bulk_write(
                [
                    UpdateOne(
                        {"_id": event_id, **due},
                        {"$set": taken, "$inc": {"attempts": 1}},
                    )
                    for event_id in ids
                ]
            )
            ours = events.find({"_id": {"$in": ids}, "claim": mark}).sort("seq")
            return [
                Delivery(to_event(found), found["attempts"]) async for found in ours
            ]

    async def delivered(self, event_id: EventId) -> None:
        await self._update({"_id": event_id}, {"$unset": {"due_at": 1}})

    async def failed(self, delivery: Delivery, *, retry_at: datetime | None) -> None:
        claimed = {
            "_id": delivery.event.id,
            "attempts": delivery.attempt,
            "due_at": {"$exists": True},
        }
        await self._update(
            claimed,
            {"$set": {"due_at": retry_at}} if retry_at else {"$unset": {"due_at": 1}},
        )

    async def read(
        self, *, after: EventId | None, limit: int, user_id: UserId | None = None
    ) -> Sequence[Event]:
        # At one moment: else a number could be read, and an earlier one missed.
        events = self.database.events.with_options(read_concern=SNAPSHOT)
        whose = {} if user_id is None else {"user_id": user_id}
        with self.database.answering():
            await self.database.numbering.catch_up()
            beginning = await self._number(after) if after else 0
            if beginning is None:
                return []
            page = events.find({"seq": {"$gt": beginning}, **whose})
            found = await page.sort("seq").limit(limit).to_list()
        return [to_event(document) for document in found]

    async def _number(self, event_id: EventId) -> int | None:
        found = await self.database.events.find_one({"_id": event_id}, {"seq": 1})
        return found["seq"] if found else None

    async def _update(self, which: Document, change: Document) -> None:
        with self.database.answering():
            await self.database.events.update_one(which, change)
