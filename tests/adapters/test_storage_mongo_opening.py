import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from adapters.storage.mongo import MongoStorage
from adapters.storage.mongo.database import PATIENCE
from adapters.storage.mongo.migrations import MIGRATIONS
from core.errors import BadConfiguration
from tests.contract.storage_records import add
from tests.servers.mongo import MongoCompatibleServer

PARTS = ["s3cret", "s3", "cr3", "3t@"]
"""Of the passwords here."""

NAMES = [migration.name for migration in MIGRATIONS]


@pytest.fixture
async def storage(mongo_url: str) -> AsyncIterator[MongoStorage]:
    async with aclosing(MongoStorage.from_url(mongo_url)) as storage:
        await storage.open()
        yield storage


@pytest.fixture
async def console(mongo_url: str) -> AsyncIterator[AsyncDatabase[Any]]:
    """Yield the database as an operator sees it."""
    async with AsyncMongoClient[Any](mongo_url) as client:
        yield client.get_default_database()


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("mongodb://localhost", "scribes"),
        ("mongodb://ada:s3cret@a.example,b.example:1/accounts", "accounts"),
        ("mongodb+srv://ada:s3cret@cluster.example/accounts", "accounts"),
        ("mongodb+srv://cluster.example/?retryWrites=true&w=majority", "scribes"),
        ("mongodb://localhost/?maxPoolSize=9&tls=true&journal=true", "scribes"),
    ],
)
def test_the_path_names_the_database(url: str, name: str) -> None:
    assert name == MongoStorage.from_url(url).database.all.name


@pytest.mark.parametrize(
    ("query", "patience"),
    [("", PATIENCE), ("?timeoutMS=500", 0.5), ("?maxPoolSize=9&timeoutMS=7000", 7.0)],
)
def test_a_call_may_take_as_long_as_the_url_says(query: str, patience: float) -> None:
    url = f"mongodb://localhost/{query}"

    assert patience == MongoStorage.from_url(url).database.patience


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("mongodb://", "write mongodb://host"),
        (
            "mongodb://ada:s3/cr3:3t@localhost/auth",
            "write mongodb://.* percent-encoded",
        ),
        (
            "mongodb://ada:s3@cr3:3t@localhost/auth",
            "write mongodb://.* percent-encoded",
        ),
        (
            'mongodb://ada:s3/cr3"3t@localhost/auth',
            "write mongodb://.* percent-encoded",
        ),
        ("mongodb://localhost:port/auth", "write mongodb://"),
        ("mongodb+srv://a.example,b.example/auth", "write mongodb://"),
        ("mongodb://ada:s3cret@localhost/?colour=blue", "Unknown option: colour"),
        ("mongodb://ada:s3cret@localhost/?maxPoolSize=many", "maxpoolsize must be"),
        ("mongodb://localhost/?w=1", "w: leave it out"),
        ("mongodb://localhost/?journal=false", "journal: leave it out"),
        ("mongodb://localhost/?readConcernLevel=local", "readConcernLevel: leave it"),
        ("mongodb://localhost/?readPreference=nearest", "readPreference: leave it"),
    ],
)
def test_a_url_that_cant_be_read_is_refused(url: str, advice: str) -> None:
    with pytest.raises(BadConfiguration, match=advice) as refusal:
        MongoStorage.from_url(url)

    assert not [part for part in PARTS if part in str(refusal.value)]


def test_every_problem_is_told_at_once() -> None:
    url = "mongodb://localhost/?colour=blue&maxPoolSize=many&w=1"

    with pytest.raises(BadConfiguration) as refusal:
        MongoStorage.from_url(url)

    assert 3 == len(refusal.value.problems)


async def test_a_wrong_password_is_the_operators_to_mend(mongo_url: str) -> None:
    url = mongo_url.replace("mongodb://", "mongodb://ada:mistaken@")

    async with aclosing(MongoStorage.from_url(f"{url}&authSource=admin")) as storage:
        with pytest.raises(BadConfiguration, match="password") as refusal:
            await storage.open()

    assert "mistaken" not in str(refusal.value)


async def test_opening_changes_nothing(
    storage: MongoStorage, console: AsyncDatabase[Any]
) -> None:
    assert NAMES == await storage.pending()

    assert [] == await console.list_collection_names()


async def test_a_new_database_is_migrated_once(storage: MongoStorage) -> None:
    first = await storage.migrate()
    second = await storage.migrate()

    assert NAMES == first
    assert [] == second
    assert [] == await storage.pending()


async def test_of_ten_that_migrate_at_once_one_does_it(mongo_url: str) -> None:
    replicas = [MongoStorage.from_url(mongo_url) for _ in range(10)]

    done = await asyncio.gather(*(replica.migrate() for replica in replicas))
    pending = [await replica.pending() for replica in replicas]
    added = [await add(replica, f"user{n}") for n, replica in enumerate(replicas)]
    for replica in replicas:
        await replica.aclose()

    assert NAMES == sorted(name for names in done for name in names)
    assert [[]] * 10 == pending
    assert list(range(1, 11)) == [user.id for user in added]


async def test_a_migration_that_was_killed_half_way_is_finished(
    storage: MongoStorage, console: AsyncDatabase[Any]
) -> None:
    await console.users.create_index("email_key", name="email_key", unique=True)

    before = await storage.pending()
    await storage.migrate()

    assert NAMES == before
    assert [] == await storage.pending()


@pytest.mark.parametrize(
    ("collection", "index"),
    [("users", "email_key"), ("users", "username_key"), ("events", "seq")],
)
async def test_a_lost_index_is_noticed_and_can_be_made_again(
    storage: MongoStorage, console: AsyncDatabase[Any], collection: str, index: str
) -> None:
    await storage.migrate()
    await console[collection].drop_index(index)

    for check in (storage.pending, storage.migrate):
        with pytest.raises(BadConfiguration, match=f"index {index} of {collection}"):
            await check()
    await console.schema_migrations.delete_many({})
    await storage.migrate()

    assert [] == await storage.pending()


async def test_an_index_that_is_no_longer_unique_is_noticed(
    storage: MongoStorage, console: AsyncDatabase[Any]
) -> None:
    await storage.migrate()
    await console.users.drop_index("email_key")
    await console.users.create_index("email_key", name="email_key")

    with pytest.raises(BadConfiguration, match="index email_key of users"):
        await storage.pending()


async def test_a_lost_collection_is_noticed(
    storage: MongoStorage, console: AsyncDatabase[Any]
) -> None:
    await storage.migrate()
    await console.one_time_tokens.drop()

    with pytest.raises(BadConfiguration, match="forget_at of one_time_tokens"):
        await storage.pending()


async def test_a_lost_counter_is_noticed_and_goes_on_where_it_was(
    storage: MongoStorage, console: AsyncDatabase[Any]
) -> None:
    await storage.migrate()
    ada, bob = await add(storage, "ada"), await add(storage, "bob")
    await console.counters.delete_many({})

    with pytest.raises(BadConfiguration, match="counter of users"):
        await storage.pending()
    await console.schema_migrations.delete_many({})
    await storage.migrate()
    cyd = await add(storage, "cyd")

    assert [1, 2, 3] == [ada.id, bob.id, cyd.id]


async def test_an_altered_migration_is_noticed(
    storage: MongoStorage, console: AsyncDatabase[Any]
) -> None:
    await storage.migrate()
    await console.schema_migrations.update_one({}, {"$set": {"checksum": "other"}})

    with pytest.raises(BadConfiguration, match=f"{NAMES[0]} is not the one"):
        await storage.pending()


async def test_a_newer_migration_does_not_matter(
    storage: MongoStorage, console: AsyncDatabase[Any]
) -> None:
    await storage.migrate()
    await console.schema_migrations.insert_one({"_id": "9999_newer", "checksum": "?"})

    assert [] == await storage.pending()


async def test_doubles_that_keep_an_index_from_being_made_are_told_of(
    storage: MongoStorage, console: AsyncDatabase[Any]
) -> None:
    for _ in range(2):
        await console.users.insert_one({"email_key": "ada@example.com"})

    with pytest.raises(BadConfiguration, match=NAMES[0]):
        await storage.migrate()

    assert NAMES == await storage.pending()


async def test_a_server_without_transactions_is_refused() -> None:
    server = MongoCompatibleServer(replica_set=None)
    await asyncio.to_thread(server.start)

    async with aclosing(MongoStorage.from_url(server.url)) as storage:
        with pytest.raises(BadConfiguration, match=r"rs\.initiate"):
            await storage.open()
    server.stop()
