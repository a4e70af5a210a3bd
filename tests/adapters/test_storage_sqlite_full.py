import asyncio
import resource
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from adapters.storage.sqlite import SqliteStorage
from adapters.storage.sqlite.database import Database
from core.errors import Unavailable
from tests.contract.storage_records import a_password, a_token, a_user, add, an_event

T = TypeVar("T")

PAGE = 4096 + 24
"""What a page takes in the write-ahead log."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "auth.db"


@pytest.fixture
async def storage(path: Path) -> AsyncIterator[SqliteStorage]:
    storage = SqliteStorage.from_url(f"sqlite:///{path}")
    await storage.open()
    await storage.migrate()
    yield storage
    await storage.aclose()


@contextmanager
def room(path: Path, pages: int) -> Iterator[None]:
    """Let no file grow beyond what the log has, and so many pages."""
    size = log_size(path) + pages * PAGE
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def log_size(path: Path) -> int:
    return Path(f"{path}-wal").stat().st_size


async def register(storage: SqliteStorage, name: str = "ada") -> None:
    await storage.users.add(
        a_user(name), a_password(), token=a_token(), events=[an_event()]
    )


async def test_it_answers_only_while_it_can_write(
    storage: SqliteStorage, path: Path
) -> None:
    await storage.ping()

    for _ in range(3):
        with room(path, 0):
            for step in (storage.ping(), register(storage), storage.ping()):
                with pytest.raises(Unavailable):
                    await step
        await storage.ping()

    await register(storage)


@pytest.mark.parametrize("pages", [1, 2, 3, 4, 5, 6])
async def test_room_for_less_than_a_change_is_none(
    storage: SqliteStorage, path: Path, pages: int
) -> None:
    with room(path, pages):
        for step in (register(storage), storage.ping(), storage.ping()):
            with pytest.raises(Unavailable):
                await step
    await storage.ping()

    await register(storage)
    assert {"users", "sessions"} < await tables(storage)
    assert "write_proof" not in await tables(storage)


class InStep(Database):
    """Goes on behind a write when the other one has written, too."""

    def __init__(self, path: Path, both: asyncio.Barrier) -> None:
        super().__init__(path)
        self.both = both

    async def write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return await super().write(change)
        finally:
            await self.both.wait()


async def test_processes_that_prove_room_at_once_are_not_in_each_others_way(
    storage: SqliteStorage, path: Path
) -> None:
    both = asyncio.Barrier(2)
    one, other = (SqliteStorage.on(InStep(path, both)) for _ in range(2))
    await one.open()
    await other.open()
    with room(path, 0):
        refused = await asyncio.gather(
            register(one), register(other), return_exceptions=True
        )
    assert [Unavailable, Unavailable] == [type(each) for each in refused]

    await asyncio.gather(one.ping(), other.ping())

    await one.aclose()
    await other.aclose()
    assert "write_proof" not in await tables(storage)


async def tables(storage: SqliteStorage) -> set[str]:
    return await storage.database.read(
        lambda db: {name for (name,) in db.execute("SELECT name FROM sqlite_schema")}
    )


class ReadOnly(Database):
    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(
            f"file:{self.path}?mode=ro",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
        )


async def test_a_file_that_may_only_be_read_does_not_answer(
    storage: SqliteStorage, path: Path
) -> None:
    await add(storage)
    reading = SqliteStorage.on(ReadOnly(path))
    await reading.open()

    with pytest.raises(Unavailable) as refusal:
        await reading.ping()

    assert "readonly" in refusal.value.reason
    assert await reading.users.get(1)
    await reading.aclose()


async def test_asking_often_writes_seldom(storage: SqliteStorage, path: Path) -> None:
    await storage.ping()
    before = log_size(path)

    await asyncio.gather(*(storage.ping() for _ in range(100)))

    assert log_size(path) - before <= PAGE
