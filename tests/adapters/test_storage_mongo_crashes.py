import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from pymongo import AsyncMongoClient, MongoClient

from adapters.storage.mongo import MongoStorage
from core.model import EndReason
from core.model.events import EventKind
from tests.adapters.mongo_trouble import (
    LITTER,
    acknowledges,
    eventually,
    found,
    nothing_is_half,
    opened,
    unavailable,
)
from tests.contract.storage_records import (
    NOW,
    a_password,
    a_token,
    a_user,
    add,
    an_event,
    history,
    issue,
    log_in,
    new_id,
    seen,
)
from tests.servers.mongo import MongoCompatibleServer, with_database

pytestmark = LITTER

LEASE = timedelta(minutes=1)
UNKNOWN_ERROR = 8


@pytest.fixture(scope="module")
def server() -> Iterator[MongoCompatibleServer]:
    """Yield a server to be broken, which is not the one that others share."""
    server = MongoCompatibleServer().start()
    yield server
    server.stop()


@pytest.fixture
def url(server: MongoCompatibleServer) -> str:
    return with_database(server.url, f"test_{uuid4().hex}")


@pytest.fixture
async def storage(url: str) -> AsyncIterator[MongoStorage]:
    async with opened(url) as storage:
        await storage.migrate()
        yield storage


async def test_a_demoted_primary_is_unavailable_until_it_is_one_again(
    server: MongoCompatibleServer, url: str
) -> None:
    # Polling: this server does not tell by itself that it is the primary again.
    async with opened(f"{url}&serverMonitoringMode=poll") as storage:
        await storage.migrate()
        user = await add(storage)

        with MongoClient[Any](server.url) as console:
            console.admin.command({"replSetStepDown": 3, "force": True})
        await asyncio.gather(
            unavailable(storage.ping), unavailable(lambda: add(storage, "bob"))
        )
        await eventually(storage.ping)

        assert user == await storage.users.get(user.id)
        assert "bob" == (await add(storage, "bob")).username


@pytest.mark.parametrize("code", [50, 64, 91, 10107, 11602])
async def test_every_refusal_of_the_server_is_unavailable(
    server: MongoCompatibleServer, url: str, code: int
) -> None:
    # Polling: the server's state does not change here, so it would not tell of it.
    async with opened(f"{url}&serverMonitoringMode=poll") as storage:
        await storage.migrate()
        user = await add(storage)
        session = await log_in(storage, user)

        with failing(server, code, ["update", "insert", "commitTransaction"]):
            await asyncio.gather(
                unavailable(storage.ping),
                unavailable(lambda: add(storage, "bob")),
                unavailable(lambda: storage.sessions.advance(session, events=[])),
            )

        await storage.ping()
        assert seen(user) == await storage.users.get(user.id)


async def test_a_claim_that_was_given_up_is_answered_the_next_time(
    server: MongoCompatibleServer, storage: MongoStorage
) -> None:
    async def claim() -> list[tuple[str, int]]:
        found = await storage.events.claim(at=NOW, lease=LEASE, limit=9)
        return [(delivery.event.id, delivery.attempt) for delivery in found]

    events = [an_event(EventKind.USER_REGISTERED) for _ in range(3)]
    await storage.events.append(events)

    # Two looks for numbers and one for what is due; the fourth is for what was granted.
    with failing(server, UNKNOWN_ERROR, ["find"], after=3):
        await unavailable(claim)

    assert [(event.id, 1) for event in events] == await claim()
    assert [] == await claim()


async def test_an_abandoned_transaction_holds_up_nobody_else(
    server: MongoCompatibleServer, storage: MongoStorage
) -> None:
    held, free = await add(storage), await add(storage, "bob")
    session = await log_in(storage, free)

    async with abandoned_transaction(server, storage, held.id):
        await unavailable(
            lambda: storage.tokens.issue(a_token(held.id), events=[an_event()])
        )
        await issue(storage, free)
        await log_in(storage, free)
        ended = await storage.sessions.end(
            session.id, at=NOW, reason=EndReason.LOGGED_OUT, events=[an_event()]
        )
        cyd = await storage.users.add(
            a_user("cyd"), a_password(), token=None, events=[an_event()]
        )
        told = await history(storage)

    assert ended
    assert 3 == cyd.id
    assert 2 == len(told)
    await issue(storage, held)


async def test_events_that_were_stored_and_not_numbered_are_not_lost(
    server: MongoCompatibleServer, storage: MongoStorage
) -> None:
    events = [an_event() for _ in range(3)]

    with failing(server, UNKNOWN_ERROR, ["update"]):
        await storage.events.append(events[:2])
        unnumbered = {"unnumbered": {"$exists": True}}
        left = await storage.database.events.count_documents(unnumbered)
    await storage.events.append(events[2:])

    assert 2 == left
    assert events == await history(storage)


async def test_what_was_acknowledged_survives_crashes_of_the_server(
    server: MongoCompatibleServer, storage: MongoStorage
) -> None:
    attempted: list[str] = []
    acknowledged: list[str] = []
    crashing = asyncio.create_task(crash_again_and_again(server, times=5))

    async def register(worker: int) -> None:
        number = 0
        while not crashing.done():
            number += 1
            attempted.append(name := f"user{worker}_{number}")
            if await acknowledges(storage, name):
                acknowledged.append(name)

    await asyncio.gather(*(register(worker) for worker in range(5)))
    await crashing

    assert 20 < len(acknowledged)
    await nothing_is_half(storage, attempted, acknowledged)
    users = [await found(storage, name) for name in acknowledged]
    assert len(users) == len({user.id for user in users if user})


async def crash_again_and_again(server: MongoCompatibleServer, *, times: int) -> None:
    for _ in range(times):
        await asyncio.sleep(0.7)
        server.kill()
        await asyncio.to_thread(server.start)
    await asyncio.sleep(1.0)


@contextmanager
def failing(
    server: MongoCompatibleServer, code: int, commands: list[str], *, after: int = 0
) -> Iterator[None]:
    """Let the server refuse some commands, though not those that look at its state."""
    mode = {"skip": after, "times": 1000}
    fault = {"failCommands": commands, "errorCode": code}
    with MongoClient[Any](server.url) as console:
        point = {"configureFailPoint": "failCommand"}
        console.admin.command(point | {"mode": mode, "data": fault})
        try:
            yield
        finally:
            console.admin.command(point | {"mode": "off"})


@asynccontextmanager
async def abandoned_transaction(
    server: MongoCompatibleServer, storage: MongoStorage, user_id: int
) -> AsyncIterator[None]:
    """Leave a transaction open that has written a user, a token and an event."""
    name = storage.database.all.name
    async with AsyncMongoClient[Any](server.url) as other, other.start_session() as own:
        await own.start_transaction()
        await other[name].users.update_one(
            {"_id": user_id}, {"$inc": {"locks": 1}}, session=own
        )
        await other[name].events.insert_one(
            {"_id": new_id(), "unnumbered": "0"}, session=own
        )
        yield
        await own.abort_transaction()
