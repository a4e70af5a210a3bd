"""Several processes on one SQLite file."""

import asyncio
import multiprocessing
import os
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager, closing
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

from adapters.storage.sqlite import SqliteStorage, schema
from core.errors import EmailTaken
from tests.contract.storage_records import add, an_event, history

PROCESSES = 4
FILES = 10
WRITES = 40
KILLED_AFTER = 50

spawning = multiprocessing.get_context("spawn")
start_of: list[Barrier] = []
"""In each of the racing processes, where it meets the others."""


def test_of_processes_at_once_one_migrates_a_new_file(tmp_path: Path) -> None:
    won = race(migrate_new_files, tmp_path)

    assert [1] * FILES == [sum(winners) for winners in zip(*won, strict=True)]


def test_who_is_killed_while_migrating_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "auth.db"
    killed = spawning.Process(target=migrate_and_die, args=(path,))

    killed.start()
    killed.join()

    assert -signal.SIGKILL == killed.exitcode
    with closing(sqlite3.connect(path)) as console:
        assert [] == console.execute("SELECT name FROM sqlite_schema").fetchall()
    assert [] == asyncio.run(reopened_history(path))


def test_processes_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "auth.db"

    won = race(register_everybody, path)

    assert [1] * WRITES == [sum(winners) for winners in zip(*won, strict=True)]
    events = asyncio.run(reopened_history(path))
    assert PROCESSES * WRITES == len(set(events))


def test_a_killed_process_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "auth.db"
    receiver, sender = spawning.Pipe(duplex=False)
    writer = spawning.Process(target=write_without_end, args=(path, sender))

    writer.start()
    sender.close()
    acknowledged = [receiver.recv() for _ in range(KILLED_AFTER)]
    writer.kill()
    acknowledged += rest_of(receiver)
    writer.join()

    kept = asyncio.run(reopened_history(path))
    assert acknowledged == kept[: len(acknowledged)]
    assert len(kept) - len(acknowledged) in {0, 1}
    with closing(sqlite3.connect(path)) as console:
        assert [("ok",)] == console.execute("PRAGMA integrity_check").fetchall()


def race(work: Callable[[Path], list[bool]], path: Path) -> list[list[bool]]:
    """Let all processes work at once; return what each has won."""
    barrier = spawning.Barrier(PROCESSES)
    with ProcessPoolExecutor(
        PROCESSES, spawning, will_start_at, (barrier,)
    ) as processes:
        return list(processes.map(work, [path] * PROCESSES))


def will_start_at(barrier: Barrier) -> None:
    start_of.append(barrier)


def migrate_new_files(folder: Path) -> list[bool]:
    return [asyncio.run(migrated(folder / f"{number}.db")) for number in range(FILES)]


def migrate_and_die(path: Path) -> None:
    def dying(script: str) -> Iterator[str]:
        yield from statements(script)
        os.kill(os.getpid(), signal.SIGKILL)

    statements, schema.statements = schema.statements, dying
    asyncio.run(migrated(path))


def register_everybody(path: Path) -> list[bool]:
    async def register() -> list[bool]:
        async with opened(path) as storage:
            start_of[0].wait(60)
            return [await registered(storage, f"user{n}") for n in range(WRITES)]

    return asyncio.run(register())


def write_without_end(path: Path, acknowledge: Connection) -> None:
    async def write() -> None:
        async with opened(path) as storage:
            while True:
                event = an_event()
                await storage.events.append([event])
                acknowledge.send(event.id)

    asyncio.run(write())


async def migrated(path: Path) -> bool:
    """Tell whether it was this process that ran the migrations."""
    storage = SqliteStorage.from_url(f"sqlite:///{path}")
    for start in start_of:
        start.wait(60)
    await storage.open()
    ran = await storage.migrate()
    assert [] == await storage.pending()
    await registered(storage, "ada")
    await storage.aclose()
    return bool(ran)


async def registered(storage: SqliteStorage, name: str) -> bool:
    await storage.events.append([an_event()])
    try:
        await add(storage, name)
    except EmailTaken:
        return False
    return True


async def reopened_history(path: Path) -> list[str]:
    async with opened(path) as storage:
        return [event.id for event in await history(storage)]


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[SqliteStorage]:
    storage = SqliteStorage.from_url(f"sqlite:///{path}")
    await storage.open()
    await storage.migrate()
    try:
        yield storage
    finally:
        await storage.aclose()


def rest_of(receiver: Connection) -> list[str]:
    """Return what was sent before the sender died."""
    rest: list[str] = []
    while True:
        try:
            rest.append(receiver.recv())
        except EOFError:
            return rest
