"""What the user in the URL may do with our collections, found out by doing it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import OperationFailure

from adapters.storage.mongo.database import Collection, Database
from adapters.storage.mongo.schema import PATIENCE

UNAUTHORIZED = 13

Trial: TypeAlias = Callable[[Collection, AsyncClientSession], Awaitable[Any]]

NOBODY = {"_id": ObjectId(b"scribes-auth")}

TRIALS: Mapping[str, Trial] = {
    "find": lambda it, session: it.find_one(NOBODY, session=session),
    "insert": lambda it, session: it.insert_one(_probe(), session=session),
    "update": lambda it, session: it.update_one(
        NOBODY, {"$set": {"probe": True}}, session=session
    ),
    "remove": lambda it, session: it.delete_one(NOBODY, session=session),
}
"""By the name that MongoDB gives to the action."""


async def missing(database: Database) -> list[str]:
    """Return the actions that have to be granted."""
    collections = (
        database.users,
        database.sessions,
        database.tokens,
        database.events,
        database.revoked_keys,
        database.tallies,
        database.counters,
    )
    async with database.answering(patience=PATIENCE):
        return [
            f"{action} on {collection.name}"
            for collection in collections
            for action, trial in TRIALS.items()
            if not await _may(database, collection, trial)
        ]


async def _may(database: Database, collection: Collection, trial: Trial) -> bool:
    """Try it in a transaction that is never committed."""
    async with (
        database.client.start_session() as session,
        await session.start_transaction(),
    ):
        try:
            await trial(collection, session)
        except OperationFailure as error:
            if error.code != UNAUTHORIZED:
                raise
            return False
        finally:
            if session.in_transaction:
                await session.abort_transaction()
    return True


def _probe() -> dict[str, Any]:
    # Of its own in every unique index.
    probe = ObjectId()
    return {"_id": probe, "email_key": str(probe), "username_key": str(probe)}
