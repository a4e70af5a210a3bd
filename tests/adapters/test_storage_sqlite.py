import asyncio
import resource
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.storage.sqlite import SqliteStorage
from adapters.storage.sqlite.database import Database
from core.errors import Unavailable
from core.model import Tally, TallyKind
from tests.contract.storage import StorageContract
from tests.contract.storage_records import (
    NOW,
    a_password,
    a_token,
    a_user,
    add,
    an_event,
    history,
    log_in,
    new_id,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "auth.db"


@pytest.fixture
async def storage(path: Path) -> AsyncIterator[SqliteStorage]:
    storage = SqliteStorage.on(Database(path, patience=0.2))
    await storage.open()
    await storage.migrate()
    yield storage
    await storage.aclose()


class TestSqliteStorage(StorageContract):
    @pytest.fixture
    async def subject(self, path: Path) -> AsyncIterator[SqliteStorage]:
        storage = SqliteStorage.from_url(f"sqlite:///{path}")
        await storage.open()
        await storage.migrate()
        yield storage
        await storage.aclose()


async def test_reopening_keeps_everything(path: Path) -> None:
    first, second = (SqliteStorage.from_url(f"sqlite:///{path}") for _ in range(2))
    await first.open()
    await first.migrate()
    user = await first.users.add(
        a_user(), a_password(), token=None, events=[an_event()]
    )
    session = await log_in(first, user)
    await first.aclose()

    await second.open()
    identities = await second.sessions.identities([session.id])
    events = await history(second)
    claimed = await second.events.claim(at=NOW, lease=NOW - NOW, limit=9)
    bob = await add(second, "bob")
    await second.aclose()

    assert (session, replace(user, last_login_at=NOW)) == (
        identities[session.id].session,
        identities[session.id].user,
    )
    assert events == [delivery.event for delivery in claimed]
    assert user.id + 1 == bob.id


async def test_operators_can_read_the_users(storage: SqliteStorage, path: Path) -> None:
    await add(storage, is_verified=True)

    with closing(sqlite3.connect(path)) as console:
        (row,) = console.execute(
            "SELECT is_active, is_verified, created_at FROM users WHERE email = ?",
            ["ada@example.com"],
        )

    assert (1, 1, "2025-12-24T10:00:00.123Z") == row


async def test_answered_writes_survive_a_power_cut(storage: SqliteStorage) -> None:
    def pragma(name: str) -> Awaitable[object]:
        return storage.database.write(lambda db: db.execute(name).fetchone()[0])

    assert "wal" == await pragma("PRAGMA journal_mode")
    assert 2 == await pragma("PRAGMA synchronous")


async def test_a_change_that_fails_half_way_is_undone(storage: SqliteStorage) -> None:
    event = an_event()
    await storage.events.append([event])

    with pytest.raises(Unavailable):
        await storage.users.add(
            a_user(), a_password(), token=a_token(), events=[an_event(), event]
        )

    assert await storage.users.get(1) is None
    assert [event] == await history(storage)


async def test_a_file_locked_for_too_long_is_unavailable(
    storage: SqliteStorage, path: Path
) -> None:
    user = await add(storage)

    with locked(path):
        with pytest.raises(Unavailable):
            await add(storage, "bob")
        with pytest.raises(Unavailable):
            await storage.ping()
        read = await storage.users.get(user.id)

    assert user == read
    assert 2 == (await add(storage, "bob")).id


async def test_a_new_file_locked_for_too_long_is_unavailable(path: Path) -> None:
    with locked(path), pytest.raises(Unavailable):
        await SqliteStorage.on(Database(path, patience=0.1)).open()


async def test_on_a_full_disk_a_change_is_refused_as_a_whole(
    storage: SqliteStorage,
) -> None:
    huge = an_event(data={"text": "x" * 500_000})

    with largest_file(100_000), pytest.raises(Unavailable):
        await storage.users.add(
            a_user(), a_password(), token=a_token(), events=[an_event(), huge]
        )

    assert await storage.users.get(1) is None
    assert [] == await history(storage)
    assert 1 == (await add(storage)).id


async def test_who_writes_the_same_as_others_is_not_refused_for_it(
    storage: SqliteStorage,
) -> None:
    tallies = [Tally.of(NOW.date(), kind, 1) for kind in TallyKind]

    async def add_often() -> None:
        for _ in range(50):
            await storage.statistics.add(tallies)

    await asyncio.gather(*(add_often() for _ in range(20)))

    found = await storage.statistics.tallies(NOW.date())
    assert {1000} == {tally.amount for tally in found}


async def test_who_stops_waiting_leaves_no_half_change(
    storage: SqliteStorage, path: Path
) -> None:
    token = a_token()
    with locked(path):
        begun = asyncio.create_task(
            storage.users.add(
                a_user("ada"), a_password(), token=token, events=[an_event()]
            )
        )
        queued = asyncio.create_task(add(storage, "bob"))
        await asyncio.sleep(0.1)
        for task in (begun, queued):
            task.cancel()
        await asyncio.gather(begun, queued, return_exceptions=True)
    last = await add(storage, "cyd")

    assert begun.cancelled()
    assert queued.cancelled()
    ada = await storage.users.by_email("ada@example.com")
    assert ada is not None
    assert await storage.tokens.get(token.id) is not None
    assert [ada.id] == [event.user_id for event in await history(storage)]
    assert await storage.users.by_email("bob@example.com") is None
    assert ada.id + 1 == last.id


async def test_closing_waits_for_work_that_has_begun(
    storage: SqliteStorage, path: Path
) -> None:
    with locked(path):
        adding = [asyncio.create_task(add(storage, name)) for name in ("ada", "bob")]
        await asyncio.sleep(0.05)
        closed = asyncio.create_task(storage.aclose())
        await asyncio.sleep(0.05)
        still_open = not closed.done()
    added = await asyncio.gather(*adding)
    await closed

    assert still_open
    assert [1, 2] == [user.id for user in added]


async def test_a_closed_storage_is_unavailable(storage: SqliteStorage) -> None:
    await storage.aclose()

    for call in (storage.ping(), storage.tokens.get(new_id()), add(storage)):
        with pytest.raises(Unavailable):
            await call


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the file as another process would that writes."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
