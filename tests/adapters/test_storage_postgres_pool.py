import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.storage.postgres import PostgresStorage
from core.errors import Unavailable
from tests.adapters.postgres_world import (
    LOCK_USERS,
    console,
    is_unavailable,
    opened,
)
from tests.contract.storage_records import add, an_event, history, new_id

STILL_AT_WORK = """
SELECT count(*) FROM pg_stat_activity
WHERE application_name = 'scribes-auth' AND state <> 'idle'
"""


@pytest.fixture
async def storage(postgres_url: str) -> AsyncIterator[PostgresStorage]:
    async with opened(postgres_url) as storage:
        yield storage


async def test_a_slow_statement_is_given_up_and_the_connection_kept(
    storage: PostgresStorage, postgres_url: str
) -> None:
    user = await add(storage)

    with console(postgres_url) as operator:
        operator.execute(LOCK_USERS)
        waiting = (is_unavailable(storage.users.get(user.id)) for _ in range(30))
        gone = await asyncio.gather(*waiting)
        pids = (
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'scribes-auth'"
        )
        before = operator.execute(pids).fetchall()
    read = await storage.users.get(user.id)

    assert {True} == set(gone)
    assert user == read
    with console(postgres_url) as operator:
        assert set(before) <= set(operator.execute(pids).fetchall())


async def test_who_finds_all_connections_taken_waits_a_little(
    postgres_url: str,
) -> None:
    async with opened(f"{postgres_url}&pool_size=2") as storage:
        user = await add(storage)
        with console(postgres_url) as operator:
            operator.execute(LOCK_USERS)
            taken = [asyncio.create_task(storage.users.get(1)) for _ in range(2)]
            await asyncio.sleep(0.1)
            queued = asyncio.create_task(storage.events.append([an_event()]))
            await asyncio.sleep(0.2)
            operator.execute("ROLLBACK")

        assert [user, user] == await asyncio.gather(*taken)
        await queued


async def test_who_waits_too_long_for_a_connection_may_try_again(
    postgres_url: str,
) -> None:
    async with opened(f"{postgres_url}&pool_size=1") as storage:
        with console(postgres_url) as operator:
            operator.execute(LOCK_USERS)
            taken = [is_unavailable(storage.users.get(1)) for _ in range(9)]
            waiting = asyncio.gather(*taken)
            await asyncio.sleep(0.1)
            with pytest.raises(Unavailable) as refusal:
                await storage.events.append([an_event()])
            assert {True} == set(await waiting)

        assert 1 <= refusal.value.retry_after
        assert [] == await history(storage)


async def test_callers_that_go_away_leave_no_connection_behind(
    postgres_url: str,
) -> None:
    async with opened(f"{postgres_url}&pool_size=3") as storage:
        for pause in (0, 0.001, 0.003, 0.01, 0.03):
            calls = [asyncio.create_task(add(storage, new_id())) for _ in range(20)]
            await asyncio.sleep(pause)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)

        with console(postgres_url) as operator:
            # What the server still does for those who have gone would wait for it, too.
            async with asyncio.timeout(20):
                while operator.execute(STILL_AT_WORK).fetchone() != (0,):  # noqa: ASYNC110 - the server tells
                    await asyncio.sleep(0.01)
            operator.execute(LOCK_USERS)
            taken = [asyncio.create_task(add(storage, new_id())) for _ in range(3)]
            await asyncio.sleep(0.2)
            (busy,) = operator.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                " AND application_name = 'scribes-auth'"
            ).fetchone() or (0,)
        assert 3 == busy
        assert 3 == len({user.id for user in await asyncio.gather(*taken)})
