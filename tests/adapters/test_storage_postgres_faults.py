import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from adapters.storage.postgres import PostgresStorage
from tests.adapters.postgres_world import (
    LIMIT,
    LOCK_USERS,
    console,
    every_call,
    is_back,
    is_unavailable,
    opened,
    proxy_before,
)
from tests.contract.storage_records import (
    add,
    an_event,
    history,
)
from tests.servers.chaos_proxy import ChaosProxy
from tests.servers.postgres import PostgresServer

TERMINATE = """
SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity
WHERE application_name = 'scribes-auth'
"""
SHARE_EVENT_LOCK = "SELECT pg_advisory_lock_shared(7310541, 1)"
RELEASE_EVENT_LOCK = "SELECT pg_advisory_unlock_shared(7310541, 1)"

CRASHES = 5


@pytest.fixture
async def storage(postgres_url: str) -> AsyncIterator[PostgresStorage]:
    async with opened(postgres_url) as storage:
        yield storage


@pytest.fixture
async def behind_proxy(
    postgres_url: str,
) -> AsyncIterator[tuple[ChaosProxy, PostgresStorage]]:
    async with proxy_before(postgres_url) as (proxy, url), opened(url) as storage:
        yield proxy, storage


async def test_a_server_that_goes_down_is_unavailable_until_it_is_back(
    behind_proxy: tuple[ChaosProxy, PostgresStorage],
) -> None:
    proxy, storage = behind_proxy
    user = await add(storage)

    await proxy.down()
    down = await asyncio.gather(*(is_unavailable(c()) for c in every_call(storage)))
    await proxy.start()
    await is_back(storage, 3)

    assert {True} == set(down)
    assert user == await storage.users.get(user.id)
    assert 2 == (await add(storage, "bob")).id


async def test_connections_that_died_while_idle_are_not_noticed(
    behind_proxy: tuple[ChaosProxy, PostgresStorage],
) -> None:
    proxy, storage = behind_proxy
    await asyncio.gather(*(add(storage, f"user{n}") for n in range(20)))

    for number in range(5):
        proxy.reset_all()
        await asyncio.sleep(0.05)
        await add(storage, f"later{number}")

    assert await storage.users.by_email("later4@example.com")


async def test_connections_that_the_server_ended_are_not_noticed(
    storage: PostgresStorage, postgres_url: str
) -> None:
    await asyncio.gather(*(add(storage, f"user{n}") for n in range(20)))

    with console(postgres_url) as operator:
        operator.execute(TERMINATE)
    added = await add(storage)

    assert added == await storage.users.get(added.id)


async def test_a_write_that_is_cut_in_mid_statement_is_unavailable(
    behind_proxy: tuple[ChaosProxy, PostgresStorage], postgres_url: str
) -> None:
    proxy, storage = behind_proxy
    with console(postgres_url) as operator:
        operator.execute(LOCK_USERS)
        adding = asyncio.create_task(add(storage))
        await asyncio.sleep(0.2)

        proxy.reset_all()

        assert await is_unavailable(adding)
    assert "bob" == (await add(storage, "bob")).username


async def test_a_read_that_is_cut_in_mid_statement_is_asked_again(
    behind_proxy: tuple[ChaosProxy, PostgresStorage], postgres_url: str
) -> None:
    proxy, storage = behind_proxy
    event = an_event()
    await storage.events.append([event])

    with console(postgres_url) as operator:
        operator.execute(SHARE_EVENT_LOCK)
        reading = asyncio.create_task(history(storage))
        await asyncio.sleep(0.2)
        proxy.reset_all()
        await asyncio.sleep(0.1)
        operator.execute(RELEASE_EVENT_LOCK)

    assert [event] == await reading


async def test_the_server_ending_a_write_makes_it_unavailable(
    storage: PostgresStorage, postgres_url: str
) -> None:
    with console(postgres_url) as operator:
        operator.execute(LOCK_USERS)
        adding = asyncio.create_task(add(storage))
        await asyncio.sleep(0.2)

        operator.execute(TERMINATE)

        assert await is_unavailable(adding)


async def test_nobody_waits_long_in_a_black_hole(
    behind_proxy: tuple[ChaosProxy, PostgresStorage],
) -> None:
    proxy, storage = behind_proxy
    await asyncio.gather(*(add(storage, f"user{n}") for n in range(20)))

    proxy.black_hole = True
    begun = time.monotonic()
    lost = await asyncio.gather(
        *(is_unavailable(call()) for call in every_call(storage) for _ in range(3))
    )
    took = time.monotonic() - begun
    again = await is_unavailable(storage.ping())
    proxy.black_hole = False
    await is_back(storage, 4)

    assert {True} == {*lost, again}
    assert took < LIMIT
    everybody = (storage.users.get(number) for number in range(1, 21))
    assert None not in await asyncio.gather(*everybody)


async def test_what_was_done_though_the_answer_was_lost_is_done(
    postgres_url: str,
) -> None:
    async with (
        proxy_before(f"{postgres_url}&pool_size=1") as (proxy, url),
        opened(url) as storage,
    ):
        first, second = an_event(), an_event()
        await storage.ping()

        proxy.cut_replies_after = 1
        lost_answer = await is_unavailable(storage.events.append([first]))
        await is_back(storage)
        proxy.cut_requests_after = 1
        lost_request = await is_unavailable(storage.events.append([second]))
        await is_back(storage)

        assert lost_answer
        assert lost_request
        assert [first] == await history(storage)


async def test_a_primary_that_became_read_only_is_a_dead_connection(
    own_postgres_url: str,
) -> None:
    async with opened(own_postgres_url) as storage:
        user = await add(storage)
        with console(own_postgres_url) as operator:
            # Counts for new connections only: who keeps an old one never finds back.
            setting = "ALTER DATABASE postgres SET default_transaction_read_only"
            operator.execute(f"{setting} = on")
            operator.execute(TERMINATE)
            pinged = await is_unavailable(storage.ping())
            added = await is_unavailable(add(storage, "bob"))
            read = await storage.users.get(user.id)
            operator.execute(f"{setting} = off")
        await is_back(storage)
        bob = await add(storage, "bob")

    assert pinged
    assert added
    assert user == read
    assert "bob" == bob.username


async def test_who_can_read_and_not_commit_does_not_answer(
    own_postgres_url: str,
) -> None:
    async with opened(own_postgres_url) as storage:
        user = await add(storage)
        with console(own_postgres_url) as operator:
            # Every commit waits for a standby that there is not.
            operator.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
            operator.execute("SELECT pg_reload_conf()")
            await asyncio.sleep(0.3)  # until the server has read it
            pinged = await is_unavailable(storage.ping())
            added = await is_unavailable(add(storage, "bob"))
            read = await storage.users.get(user.id)
            operator.execute("ALTER SYSTEM RESET synchronous_standby_names")
            operator.execute("SELECT pg_reload_conf()")
        await is_back(storage)
        cyd = await add(storage, "cyd")

    assert pinged
    assert added
    assert user == read
    assert "cyd" == cyd.username


async def test_a_killed_server_loses_nothing_it_acknowledged(
    own_postgres: PostgresServer, own_postgres_url: str
) -> None:
    acknowledged: list[str] = []
    counts: list[int] = []

    async def write(storage: PostgresStorage) -> None:
        while len(counts) < CRASHES:
            event = an_event()
            if not await is_unavailable(storage.events.append([event])):
                acknowledged.append(event.id)

    async with opened(own_postgres_url) as storage:
        writers = [asyncio.create_task(write(storage)) for _ in range(8)]
        for _ in range(CRASHES):
            await asyncio.sleep(0.4)
            await asyncio.to_thread(own_postgres.kill)
            await asyncio.to_thread(own_postgres.start)
            await is_back(storage)
            counts.append(len(acknowledged))
        await asyncio.gather(*writers)
        stored = await all_events(storage)

    assert CRASHES == len(set(counts))
    assert set(acknowledged) <= set(stored)
    assert len(stored) == len(set(stored))


async def all_events(storage: PostgresStorage) -> list[str]:
    found: list[str] = []
    while page := await storage.events.read(
        after=found[-1] if found else None, limit=1000
    ):
        found += [event.id for event in page]
    return found
