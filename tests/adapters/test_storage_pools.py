import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from config.adapters import storage_at
from core.model import PoolUse
from core.ports import Pooled, Storage


@pytest.fixture(params=["postgres_url", "mongo_url"])
async def storage(request: pytest.FixtureRequest) -> AsyncIterator[Storage]:
    async with aclosing(storage_at(request.getfixturevalue(request.param))) as storage:
        await storage.open()
        await storage.migrate()
        yield storage


def use_of(storage: Storage) -> PoolUse:
    assert isinstance(storage, Pooled)
    return storage.pool


async def test_a_pool_tells_what_is_used_and_what_was_asked_for(
    storage: Storage,
) -> None:
    before = use_of(storage)
    asking = [asyncio.create_task(storage.users.account(n)) for n in range(1, 40)]
    seen = []
    while not all(task.done() for task in asking):
        await asyncio.sleep(0)
        seen.append(use_of(storage))

    while use_of(storage).used:  # noqa: ASYNC110 - a pool that grows tells nobody
        await asyncio.sleep(0.01)
    after = use_of(storage)

    assert any(use.used for use in seen)
    assert all(use.used >= 0 <= use.idle for use in seen)
    assert 39 == after.since(before).requests
    assert 0 == after.waiting
    assert after.idle
    assert 0 <= after.waited < 60


async def test_who_waits_for_a_connection_is_told(storage: Storage) -> None:
    before = use_of(storage)
    asking = [asyncio.create_task(storage.users.account(n)) for n in range(1, 400)]
    most = 0
    while not all(task.done() for task in asking):
        await asyncio.sleep(0)
        most = max(most, use_of(storage).waiting)
    await asyncio.gather(*asking, return_exceptions=True)

    assert 0 < most
    assert 0 < use_of(storage).since(before).waited
    assert 0 == use_of(storage).waiting


def test_a_storage_without_a_pool_says_so() -> None:
    assert not isinstance(storage_at("memory://"), Pooled)


def test_what_a_new_pool_was_asked_for_is_all_new() -> None:
    old, new = PoolUse(requests=9, waited=2), PoolUse(requests=4, waited=1)

    assert PoolUse(requests=4, waited=1) == new.since(old)
    assert PoolUse(requests=0, waited=0) == old.since(old)
