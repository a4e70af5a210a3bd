import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

from adapters.storage.mongo import MongoStorage
from adapters.storage.mongo.connections import Connections
from adapters.storage.mongo.database import Collection, Database
from core.errors import Unavailable
from core.model import Account, RecordKind
from tests.contract.storage import StorageContract
from tests.contract.storage_records import (
    HASH,
    NOW,
    a_session,
    a_token,
    a_user,
    add,
    an_account,
    an_event,
    change_password,
    history,
    log_in,
    seen,
    stored,
)


class TestMongoStorage(StorageContract):
    @pytest.fixture
    async def subject(self, migrated_mongo_url: str) -> AsyncIterator[MongoStorage]:
        async with aclosing(MongoStorage.from_url(migrated_mongo_url)) as storage:
            await storage.open()
            yield storage


class Commands(CommandListener):
    """Writes down the names of all commands."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def started(self, event: CommandStartedEvent) -> None:
        self.names.append(event.command_name)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        pass


@pytest.fixture
def commands() -> Commands:
    return Commands()


@pytest.fixture
async def storage(
    migrated_mongo_url: str, commands: Commands
) -> AsyncIterator[MongoStorage]:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
        migrated_mongo_url, event_listeners=[commands], tz_aware=True, tzinfo=UTC
    )
    name = client.get_default_database().name
    async with aclosing(
        MongoStorage.on(Database(client, name, Connections()))
    ) as storage:
        await storage.open()
        yield storage


async def test_sessions_and_users_are_looked_up_by_one_command(
    storage: MongoStorage, commands: Commands
) -> None:
    user = await add(storage)
    sessions = [a_session(user) for _ in range(150)]
    await storage.archive.write(RecordKind.SESSIONS, sessions)
    ids = [session.id for session in sessions]

    commands.names.clear()
    found = await storage.sessions.identities(ids)

    assert set(ids) == set(found)
    assert ["aggregate"] == commands.names


async def test_a_refresh_is_two_commands(
    storage: MongoStorage, commands: Commands
) -> None:
    session = await log_in(storage, await add(storage))

    commands.names.clear()
    await storage.sessions.identities([session.id])
    await storage.sessions.advance(replace(session, generation=1), events=[])

    assert ["aggregate", "update"] == commands.names


async def test_a_log_in_is_one_transaction_and_one_numbering(
    storage: MongoStorage, commands: Commands
) -> None:
    user = await add(storage)

    commands.names.clear()
    await storage.sessions.open(
        a_session(user), stamp=user.stamp, devices=[], events=[an_event()]
    )

    change = ["update", "insert", "insert", "commitTransaction"]
    assert [*change, "find", "find", "update"] == commands.names


async def test_what_the_server_refuses_is_told_without_its_values(
    mongo_url: str,
) -> None:
    async with aclosing(MongoStorage.from_url(mongo_url)) as storage:
        await storage.migrate()
        await storage.open()
        await storage.database.users.create_index("full_name", unique=True)
        user = await add(storage, full_name="letter")
        copy = an_account(a_user("bob", id=user.id + 1, full_name="letter"))
        calls: list[Callable[[], Awaitable[object]]] = [
            lambda: add(storage, "bob", full_name="letter"),
            lambda: storage.archive.write(RecordKind.USERS, [copy]),
        ]
        for call in calls:
            with pytest.raises(Unavailable) as refused:
                await call()

            assert "Error, code " in refused.value.reason
            assert "letter" not in refused.value.reason


async def test_a_user_whom_the_version_before_stored_has_the_first_stamp(
    storage: MongoStorage, migrated_mongo_url: str
) -> None:
    user = await add(storage)
    async with AsyncMongoClient[Any](migrated_mongo_url) as client:
        users = client.get_default_database().users
        await users.update_one({"_id": user.id}, {"$unset": {"stamp": 1}})

    assert an_account(user) == await storage.users.account(user.id)
    session = await log_in(storage, user)
    assert (await storage.sessions.identities([session.id]))[session.id].user == seen(
        user
    )
    assert await storage.users.replace_hash(
        user.id, stamp=0, old_hash=HASH, new_hash="anew"
    )
    assert await change_password(storage, user, session)
    assert replace(seen(user), stamp=1) == await storage.users.get(user.id)
    assert not await storage.sessions.open(
        a_session(user), stamp=0, devices=[], events=[]
    )


async def test_a_hash_made_anew_does_not_undo_a_change_by_the_version_before(
    storage: MongoStorage, migrated_mongo_url: str
) -> None:
    user = await add(storage)
    async with AsyncMongoClient[Any](migrated_mongo_url) as client:
        users = client.get_default_database().users
        await users.update_one({"_id": user.id}, {"$set": {"password_hash": "new"}})

    assert not await storage.users.replace_hash(
        user.id, stamp=0, old_hash=HASH, new_hash="anew"
    )
    assert an_account(user, "new") == await storage.users.account(user.id)


async def test_whole_numbers_are_read_from_what_a_shell_wrote_as_doubles(
    storage: MongoStorage, migrated_mongo_url: str
) -> None:
    user = await add(storage)
    async with AsyncMongoClient[Any](migrated_mongo_url) as client:
        users = client.get_default_database().users
        await users.update_one({"_id": user.id}, {"$inc": {"stamp": 1.0}})

    ((_, account),) = await storage.archive.read(RecordKind.USERS, after=None, limit=9)

    assert an_account(replace(user, stamp=1)) == account
    assert isinstance(account, Account)
    assert isinstance(account.user.stamp, int)
    assert not await storage.sessions.open(
        a_session(user), stamp=0, devices=[], events=[]
    )
    assert await log_in(storage, account.user)


async def test_a_change_that_turns_out_to_be_none_is_taken_back(
    storage: MongoStorage,
) -> None:
    token = a_token(user_id=7)
    await storage.archive.write(RecordKind.TOKENS, [token])

    nobody = await storage.users.verify_email(token.id, at=NOW, events=[an_event()])

    assert nobody is None
    assert token == await storage.tokens.get(token.id)
    assert [] == await history(storage)


async def test_what_expired_long_ago_is_kept_for_a_while_and_then_forgotten(
    storage: MongoStorage,
) -> None:
    user = await add(storage)
    session = await log_in(storage, user, expires_at=NOW - timedelta(days=900))
    token = a_token(user.id, expires_at=NOW - timedelta(days=900))
    await storage.tokens.issue(token, events=[])
    kept_until = datetime.now(UTC) + timedelta(days=29)
    still_there = await stored(storage, session.id)

    for records in (storage.database.sessions, storage.database.tokens):
        (document,) = await records.find().to_list()
        assert kept_until < document["forget_at"]
        await records.update_one({}, {"$set": {"forget_at": NOW}})

        assert await is_emptied(records)
    assert session == still_there


async def test_times_are_dates_to_an_operator(storage: MongoStorage) -> None:
    user = await add(storage)

    found = await storage.database.users.find_one(
        {"created_at": {"$type": "date"}, "email": user.email, "is_verified": False}
    )

    assert found is not None
    assert user.id == found["_id"]


async def is_emptied(records: Collection) -> bool:
    """Wait for the server to do so: a real one looks once a minute."""
    for _ in range(450):
        if await records.find_one() is None:
            return True
        await asyncio.sleep(0.2)
    return False
