"""
Fills in what records of the version before lack: it runs on beside this one for a while.

It is a step of the migration of this name, and of every migration after it. Nothing of it
is in a transaction: a record that was filled in is no longer found, whoever did it.
"""

from pymongo import UpdateOne

from adapters.storage.mongo.database import Database
from adapters.storage.mongo.documents import Document, grams_of
from core.model import searchable

MIGRATION = "0006_administration"

BATCH = 1000

MOVED = {"actor": "actor", "address": "address", "client": "label"}
"""What was a part of an event's data, and the field that it is in now."""

LACKING: Document = {"$exists": False}

NAMES = ("email", "username", "full_name")


async def fill_in(database: Database) -> None:
    for collection, which, step in (
        (database.users, {"grams": LACKING}, _with_text),
        (database.events, {"actor": LACKING}, _taken_apart),
    ):
        while found := await collection.find(which).limit(BATCH).to_list():
            await collection.bulk_write(list(map(step, found)), ordered=False)


def _with_text(user: Document) -> UpdateOne:
    names = {name: user.get(name) for name in NAMES}
    text = searchable("\n".join(name or "" for name in names.values()))
    # Under the names that were read: by now they may be others.
    return UpdateOne(
        {"_id": user["_id"], **names},
        {"$set": {"search_text": text, "grams": grams_of(text)}},
    )


def _taken_apart(event: Document) -> UpdateOne:
    pairs = event.get("data") or []
    moved = dict.fromkeys(MOVED.values()) | {
        MOVED[name]: value for name, value in pairs if name in MOVED
    }
    moved["data"] = [[name, value] for name, value in pairs if name not in MOVED]
    return UpdateOne({"_id": event["_id"], "actor": LACKING}, {"$set": moved})
