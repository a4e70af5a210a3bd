"""All records, for moving them from and to MongoDB."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from adapters.storage.mongo.database import Database
from adapters.storage.mongo.documents import (
    Document,
    from_event,
    from_revoked_key,
    from_session,
    from_token,
    from_user,
    places,
    to_event,
    to_revoked_key,
    to_session,
    to_token,
    to_user,
)
from core.model import RecordKind, UserId
from core.model.events import StoredEvent
from core.ports import Archive, Record

PATIENCE = 60.0
"""Seconds for a batch of any size; nobody waits behind it."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where records of a kind stand, in which order, and how."""

    collection: str
    order: str
    cursor: Callable[[str], str | int]
    to_record: Callable[[Document], Record]
    from_record: Callable[[Any], Document]


def _to_stored(found: Document) -> StoredEvent:
    return StoredEvent(to_event(found), found["attempts"], found.get("due_at"))


def _from_stored(stored: StoredEvent) -> Document:
    document = from_event(stored.event) | {"attempts": stored.attempts}
    return document | ({"due_at": stored.due_at} if stored.due_at else {})


SHELVES: Mapping[RecordKind, Shelf] = {
    RecordKind.USERS: Shelf("users", "_id", int, to_user, from_user),
    RecordKind.SESSIONS: Shelf("sessions", "_id", str, to_session, from_session),
    RecordKind.TOKENS: Shelf("one_time_tokens", "_id", str, to_token, from_token),
    RecordKind.EVENTS: Shelf("events", "seq", int, _to_stored, _from_stored),
    RecordKind.REVOCATIONS: Shelf(
        "revoked_keys", "_id", str, to_revoked_key, from_revoked_key
    ),
}


@dataclass(frozen=True, slots=True)
class MongoArchive(Archive):
    database: Database

    async def count(self, kind: RecordKind) -> int:
        collection = self.database.all[SHELVES[kind].collection]
        async with self.database.answering(patience=PATIENCE):
            return await collection.count_documents({})

    async def read(
        self, kind: RecordKind, *, after: str | None, limit: int
    ) -> Sequence[tuple[str, Record]]:
        shelf = SHELVES[kind]
        where = {} if after is None else {shelf.order: {"$gt": shelf.cursor(after)}}
        async with self.database.answering(patience=PATIENCE):
            await self.database.numbering.catch_up()
            page = self.database.all[shelf.collection].find(where)
            found = await page.sort(shelf.order).limit(limit).to_list()
        return [(str(each[shelf.order]), shelf.to_record(each)) for each in found]

    async def write(self, kind: RecordKind, records: Sequence[Record]) -> None:
        if not records:
            return
        shelf, db = SHELVES[kind], self.database
        put = _put_event if kind is RecordKind.EVENTS else _put
        documents = map(shelf.from_record, records)
        steps = list(map(put, documents, places(len(records))))

        async def work(session: AsyncClientSession) -> bool:
            await db.all[shelf.collection].bulk_write(steps, session=session)
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


def _highest(users: Sequence[Any]) -> UserId:
    highest: UserId = max(user.id for user in users)
    return highest


async def _skip_ids(db: Database, highest: UserId) -> None:
    await db.counters.update_one({"_id": db.users.name}, {"$max": {"value": highest}})
