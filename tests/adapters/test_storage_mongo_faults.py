import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from adapters.storage.mongo import MongoStorage
from core.errors import Unavailable
from tests.adapters.mongo_trouble import (
    AT_MOST,
    LITTER,
    acknowledges,
    everything_is_unavailable,
    nothing_is_half,
    opened,
    unavailable,
)
from tests.contract.storage_records import (
    NOW,
    add,
    an_event,
    log_in,
    stored,
)
from tests.servers.chaos_proxy import ChaosProxy
from tests.servers.mongo import MongoCompatibleServer, patient

pytestmark = LITTER


@pytest.fixture(scope="module")
def server() -> Iterator[MongoCompatibleServer]:
    """Yield a server to be broken, which is not the one that others share."""
    server = MongoCompatibleServer().start()
    yield server
    server.stop()


@pytest.fixture
async def proxy(server: MongoCompatibleServer) -> AsyncIterator[ChaosProxy]:
    async with ChaosProxy(server.host, server.port) as proxy:
        yield proxy


@pytest.fixture
def url(proxy: ChaosProxy) -> str:
    # Direct: else the driver would ask the server where it is, and go past the proxy.
    name = f"test_{uuid4().hex}"
    return f"mongodb://{proxy.host}:{proxy.port}/{name}?directConnection=true"


@pytest.fixture
async def storage(url: str) -> AsyncIterator[MongoStorage]:
    async with opened(url) as storage:
        await storage.migrate()
        yield storage


async def test_a_server_down_at_the_start_is_waited_for(
    proxy: ChaosProxy, url: str
) -> None:
    await proxy.down()
    async with aclosing(MongoStorage.from_url(url)) as storage:
        for call in (storage.open, storage.pending, storage.migrate):
            await unavailable(call)
        await proxy.start()
        await storage.open()
        await storage.migrate()
        user = await add(storage)

        assert user == await storage.users.get(user.id)


async def test_a_server_that_goes_is_told_of_and_comes_back_by_itself(
    proxy: ChaosProxy, storage: MongoStorage
) -> None:
    user = await add(storage)

    await proxy.down()
    await everything_is_unavailable(storage)
    await proxy.start()

    await storage.ping()
    assert user == await storage.users.get(user.id)
    assert 2 == (await add(storage, "bob")).id


async def test_nobody_waits_at_a_black_hole(
    proxy: ChaosProxy, storage: MongoStorage
) -> None:
    user = await add(storage)

    proxy.black_hole = True
    await everything_is_unavailable(storage)
    proxy.black_hole = False

    await storage.ping()
    assert user == await storage.users.get(user.id)
    assert "cyd" == (await add(storage, "cyd")).username


async def test_a_reset_connection_loses_nothing(
    proxy: ChaosProxy, storage: MongoStorage
) -> None:
    async def cut_again_and_again() -> None:
        for _ in range(8):
            await asyncio.sleep(0.1)
            proxy.reset_all()

    cutting = asyncio.create_task(cut_again_and_again())
    acknowledged = [
        name
        for number in range(60)
        if await acknowledges(storage, name := f"user{number}")
    ]
    await cutting

    assert 55 <= len(acknowledged)
    await nothing_is_half(storage, [f"user{n}" for n in range(60)], acknowledged)


@pytest.mark.parametrize("direction", ["requests", "replies"])
async def test_a_registration_cut_anywhere_is_whole_or_not_at_all(
    proxy: ChaosProxy, storage: MongoStorage, direction: str
) -> None:
    names = [f"user{number}" for number in range(24)]
    acknowledged = []

    for number, name in enumerate(names):
        setattr(proxy, f"cut_{direction}_after", 1 + 250 * number)
        if await acknowledges(storage, name):
            acknowledged.append(name)
        setattr(proxy, f"cut_{direction}_after", None)

    assert 22 <= len(acknowledged)
    await nothing_is_half(storage, names, acknowledged)


async def test_a_lost_reply_changes_things_once(
    proxy: ChaosProxy, storage: MongoStorage
) -> None:
    session = await log_in(storage, await add(storage))
    await storage.events.append([event := an_event()])

    proxy.cut_replies_after = 1
    await storage.sessions.advance(replace(session, generation=1), events=[])
    proxy.cut_replies_after = 250
    claimed = await storage.events.claim(at=NOW, lease=timedelta(minutes=1), limit=9)

    assert 1 == (await stored(storage, session.id)).generation
    assert [event] == [delivery.event for delivery in claimed]


async def test_callers_queue_for_a_connection_but_not_for_ever(
    proxy: ChaosProxy, url: str
) -> None:
    async with opened(f"{url}&maxPoolSize=2") as storage:
        await storage.migrate()
        user = await add(storage)
        proxy.latency = 0.2

        begun = time.monotonic()
        looks = [storage.users.get(user.id) for _ in range(30)]
        seen = await asyncio.gather(*looks, return_exceptions=True)
        waited = time.monotonic() - begun
        proxy.latency = 0.0

        served = [got for got in seen if got == user]
        refused = [got for got in seen if isinstance(got, Unavailable)]
        assert 30 == len(served) + len(refused)
        assert served
        assert refused
        assert waited < AT_MOST
        assert user == await storage.users.get(user.id)


async def test_who_stops_waiting_leaves_no_half_change(
    storage: MongoStorage, url: str
) -> None:
    names = [f"user{number}" for number in range(40)]
    async with opened(patient(url)) as busy:
        adding = [asyncio.create_task(acknowledges(busy, name)) for name in names]

        for number, task in enumerate(adding):
            await asyncio.sleep(0.003)
            if number % 2:
                task.cancel()
        done = await asyncio.gather(*adding, return_exceptions=True)

    acknowledged = [name for name, ok in zip(names, done, strict=True) if ok is True]
    assert set(names[::2]) <= set(acknowledged)
    await nothing_is_half(storage, names, acknowledged)


async def test_who_stops_looking_for_a_server_keeps_nobody_from_looking(
    unused_tcp_port: int,
) -> None:
    url = f"mongodb://127.0.0.1:{unused_tcp_port}/db?replicaSet=rs"
    async with aclosing(MongoStorage.from_url(url)) as storage:
        looks = [asyncio.create_task(storage.users.get(1)) for _ in range(60)]
        await asyncio.sleep(0.1)

        for _ in range(2):  # once by who asked, once because the time is up
            for look in looks[::2]:
                look.cancel()
            await asyncio.sleep(0)
        _, stuck = await asyncio.wait(looks, timeout=AT_MOST)

        assert not stuck
        assert {Unavailable} == {type(look.exception()) for look in looks[1::2]}
        await unavailable(lambda: storage.users.get(1))


async def test_a_closed_storage_is_unavailable(storage: MongoStorage) -> None:
    await storage.aclose()

    await everything_is_unavailable(storage)
