"""Deletes, batch by batch, what nobody needs any more."""

from datetime import datetime

from adapters.storage.mongo.database import Collection, Database
from adapters.storage.mongo.documents import Document


async def purge(
    database: Database, *, at: datetime, keep_events_since: datetime, limit: int
) -> int:
    over: Document = {"$lt": at}
    useless: list[tuple[Collection, Document]] = [
        (database.sessions, {"$or": [{"ended_at": over}, {"expires_at": over}]}),
        (database.tokens, {"expires_at": over}),
        (
            database.events,
            {"at": {"$lt": keep_events_since}, "due_at": {"$exists": False}},
        ),
    ]
    async with database.answering():
        return sum([await _delete(*some, limit) for some in useless])


async def _delete(records: Collection, which: Document, limit: int) -> int:
    ids = [found["_id"] async for found in records.find(which, {"_id": 1}).limit(limit)]
    # Asked again, as a record may have changed since.
    deleted = await records.delete_many({"_id": {"$in": ids}, **which})
    return deleted.deleted_count
