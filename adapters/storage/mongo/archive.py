"""All records, for moving them from and to MongoDB."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from adapters.storage.mongo.database import Database
from adapters.storage.mongo.documents import (
    STORED_EVENT,
    Document,
    Documents,
    places,
)
from adapters.storage.records import KEPT
from core.model import RecordKind, UserId
from core.ports import Archive, Record

PATIENCE = 60.0
"""Seconds for a batch of any size; nobody waits behind it."""


DOCUMENTS: Mapping[RecordKind, Documents[Any]] = {
    kind: Documents(kept.record, key=kept.key) for kind, kept in KEPT.items()
} | {RecordKind.EVENTS: STORED_EVENT}


@dataclass(frozen=True, slots=True)
class MongoArchive(Archive):
    database: Database

    async def count(self, kind: RecordKind) -> int:
        collection = self.database.all[KEPT[kind].record.table]
        async with self.database.answering(patience=PATIENCE):
            return await collection.count_documents({})

    async def read(
        self, kind: RecordKind, *, after: str | None, limit: int
    ) -> Sequence[tuple[str, Record]]:
        kept, documents = KEPT[kind], DOCUMENTS[kind]
        order = "_id" if kept.order == kept.key else kept.order
        async with self.database.answering(patience=PATIENCE):
            await self.database.numbering.catch_up()
            page = self.database.all[kept.record.table].find(
                {order: {"$gt": kept.begin(after)}}
            )
            found = await page.sort(order).limit(limit).to_list()
        return [(str(each[order]), documents.to_record(each)) for each in found]

    async def write(self, kind: RecordKind, records: Sequence[Record]) -> None:
        if not records:
            return
        db, collection = self.database, self.database.all[KEPT[kind].record.table]
        put = _put_event if kind is RecordKind.EVENTS else _put
        documents = map(DOCUMENTS[kind].from_record, records)
        steps = list(map(put, documents, places(len(records))))

        async def work(session: AsyncClientSession) -> bool:
            await collection.bulk_write(steps, session=session)
            return True

        async with db.answering(patience=PATIENCE):
            if kind is RecordKind.USERS:
                await _skip_ids(db, _highest(records))
            await db.change(kind, work, events=[], patience=PATIENCE)
            await db.numbering.catch_up()

    async def highest_id(self) -> UserId:
        users = {"_id": self.database.users.name}
        async with self.database.answering(patience=PATIENCE):
            counter = await self.database.counters.find_one(users)
        return int(counter["value"]) if counter else 0

    async def skip_ids(self, last: UserId) -> None:
        async with self.database.answering(patience=PATIENCE):
            await _skip_ids(self.database, last)


def _put(document: Document, _: str) -> UpdateOne:
    which = {"_id": document.pop("_id")}
    return UpdateOne(which, {"$set": document}, upsert=True)


def _put_event(document: Document, place: str) -> UpdateOne:
    change = {"$set": document, "$setOnInsert": {"unnumbered": place}}
    if "due_at" not in document:
        change["$unset"] = {"due_at": 1}
    return UpdateOne({"_id": document.pop("_id")}, change, upsert=True)


def _highest(accounts: Sequence[Any]) -> UserId:
    highest: UserId = max(account.user.id for account in accounts)
    return highest


async def _skip_ids(db: Database, highest: UserId) -> None:
    await db.counters.update_one({"_id": db.users.name}, {"$max": {"value": highest}})
