import asyncio
from contextlib import aclosing
from typing import Any

from pymongo import MongoClient

from adapters.storage.mongo import MongoStorage
from adapters.storage.postgres import PostgresStorage
from core.model import RecordKind, RevokedKey, Role, Tally, TallyKind
from core.ports import Storage
from tests.adapters.emptied import kept_database, kept_schema
from tests.adapters.postgres_world import fresh_schema, run_client
from tests.contract.storage_records import NOW, add, an_event, change, issue, log_in
from tests.servers.mongo import patient
from tests.servers.postgres import PostgresServer


async def live(storage: Storage) -> None:
    """Leave something of each kind, counted and numbered."""
    async with aclosing(storage):
        await storage.open()
        await storage.ping()
        await add(storage, "bob", role=Role.ADMIN)
        ada = await add(storage, role=Role.ADMIN)
        await log_in(storage, ada)
        await issue(storage, ada)
        await change(storage, ada, role=Role.USER, events=[an_event()])
        await storage.revocations.revoke(RevokedKey("a", NOW), events=[])
        await storage.statistics.add([Tally.of(NOW.date(), next(iter(TallyKind)), 7)])
        assert all([await storage.archive.count(kind) for kind in RecordKind])


def test_an_emptied_schema_is_the_one_that_was_made(
    own_postgres: PostgresServer,
) -> None:
    with fresh_schema(own_postgres.url) as url, kept_schema(url) as emptied:

        def dump() -> list[str]:
            schema = url.rpartition("%3D")[2]
            text = run_client(own_postgres, "pg_dump", "--schema", schema, url)
            # What begins like this has a key that is another for each dump.
            return [line for line in text.splitlines() if not line.startswith("\\")]

        made = dump()
        asyncio.run(live(PostgresStorage.from_url(url)))
        lived_in = dump()
        emptied()

        assert made != lived_in
        assert made == dump()


def test_an_emptied_database_is_the_one_that_was_made(mongo_url: str) -> None:
    with (
        kept_database(patient(mongo_url)) as emptied,
        MongoClient[Any](mongo_url) as client,
    ):
        database = client.get_default_database()

        def everything() -> dict[str, Any]:
            return {
                name: (database[name].index_information(), list(database[name].find()))
                for name in database.list_collection_names()
            }

        made = everything()
        asyncio.run(live(MongoStorage.from_url(patient(mongo_url))))
        lived_in = everything()
        emptied()

        assert made != lived_in
        assert made == everything()
