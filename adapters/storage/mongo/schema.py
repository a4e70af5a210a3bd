"""
Brings the collections and indexes to what the program needs.

Any number of processes may do so at once, and one may be killed: the server makes a
collection or an index once, however often it is told to, and a step is recorded when it
is done. Nothing of it runs in a transaction, where MongoDB refuses it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from pymongo.errors import OperationFailure

from adapters.storage import email_keys
from adapters.storage.mongo import administration
from adapters.storage.mongo.database import Database
from adapters.storage.mongo.documents import Document
from adapters.storage.mongo.email_keys import put_right
from adapters.storage.mongo.migrations import MIGRATIONS, Migration
from core.errors import BadConfiguration

PATIENCE = 600.0
"""Seconds for what may have to build an index over everything there is."""

REFUSALS = {11000, 85, 86}
"""Codes for an index that can't be made: there are doubles, or another of its name."""

REPAIRS = {
    email_keys.MIGRATION: put_right,
    administration.MIGRATION: administration.fill_in,
}
"""What the program does to records; done again later, for what the version before wrote."""

RECORDS = "schema_migrations"

ADVICE = f"restore it, or delete the record in {RECORDS} and run scribes-auth migrate"


async def pending(database: Database) -> list[str]:
    async with database.answering():
        recorded = await _recorded(database)
        done = [step for step in MIGRATIONS if step.name in recorded]
        problems = [
            f"{step.name} is not the one that was run here: start the program that ran it"
            for step in done
            if step.checksum != recorded[step.name]
        ]
        for step in done:
            problems += await _missing(database, step)
    if problems:
        raise BadConfiguration([f"mongodb: {problem}" for problem in problems])
    return [step.name for step in MIGRATIONS if step.name not in recorded]


async def was_begun(database: Database) -> bool:
    """Tell whether a migration was ever run."""
    async with database.answering():
        return bool(await _recorded(database))


async def migrate(database: Database) -> list[str]:
    names = await pending(database)
    waiting = [step for step in MIGRATIONS if step.name in names]
    async with database.answering(patience=PATIENCE):
        for name, put_right in REPAIRS.items():
            if name not in names:
                await put_right(database)
        return [step.name for step in waiting if await _ran(database, step)]


async def _ran(database: Database, step: Migration) -> bool:
    """Take the step; tell whether we were the first to have done so."""
    for collection, indexes in step.indexes.items():
        try:
            await database.all[collection].create_indexes(list(indexes))
        except OperationFailure as error:
            if error.code not in REFUSALS:
                raise
            raise BadConfiguration([f"mongodb: {step.name}: {error}"]) from None
    for name in step.counters:
        # What is counted has a collection, or is only written to be in each other's way.
        newest = await database.all[name].find_one(sort=[("_id", -1)])
        counted = newest["_id"] if newest else 0
        await database.counters.update_one(
            {"_id": name}, {"$setOnInsert": {"value": counted}}, upsert=True
        )
    if step.name in REPAIRS:
        await REPAIRS[step.name](database)
    record = await database.all[RECORDS].update_one(
        {"_id": step.name},
        {"$setOnInsert": {"checksum": step.checksum, "at": datetime.now(UTC)}},
        upsert=True,
    )
    return record.upserted_id is not None


async def _recorded(database: Database) -> Mapping[str, str]:
    records = database.all[RECORDS].find()
    return {record["_id"]: record["checksum"] async for record in records}


async def _missing(database: Database, step: Migration) -> list[str]:
    """Return what is no longer there of a step that was run."""
    missing = []
    for collection, indexes in step.indexes.items():
        there = await database.all[collection].index_information()
        missing += [
            f"the index {wanted['name']} of {collection}"
            for wanted in (index.document for index in indexes)
            if not _is_like(there.get(wanted["name"]), wanted)
        ]
    missing += [
        f"the counter of {name}"
        for name in step.counters
        if not await database.counters.find_one({"_id": name})
    ]
    return [f"{what} is missing or altered: {ADVICE}" for what in missing]


def _is_like(index: Document | None, wanted: Document) -> bool:
    if index is None:
        return False
    same_keys = list(index["key"]) == list(wanted["key"].items())
    return same_keys and index.get("unique", False) == wanted.get("unique", False)
