"""One SQLite file: a connection that writes, and a few that read, each in a thread."""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from queue import Empty, SimpleQueue
from sqlite3 import Connection, Cursor
from typing import TypeVar

from adapters.private_files import make_directory, make_file, narrow
from adapters.storage.sharing import Shared
from core.errors import BadConfiguration, NothingStored, Unavailable

T = TypeVar("T")

READERS = 2

CACHE = 32 * 1024
"""Kilobytes that each reader keeps of the file: a search looks at many rows."""

OLDEST_SQLITE = (3, 37, 0)
"""The first with STRICT tables."""

PATIENCE = 60.0
"""Seconds that a writer waits for those of other processes."""

BESIDE = ("-wal", "-shm")
"""SQLite's own files, which get the mode of the file that they belong to."""

BEGUN = "SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'"

PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
}
"""What can go away while we wait; all else that keeps us from working needs an operator."""

NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
"""What a disk that is full, or broken, makes of a write."""

LARGE = 256 * 1024
"""Bytes: more than any usual change writes."""


class ConnectionPool:
    """Connections of one kind, and as many threads to use them in."""

    def __init__(self, width: int) -> None:
        self._threads = ThreadPoolExecutor(width, thread_name_prefix="sqlite")
        self._idle: SimpleQueue[Connection] = SimpleQueue()

    def add(self, connection: Connection) -> None:
        self._idle.put(connection)

    async def run(self, work: Callable[[Connection], T]) -> T:
        return await self.submit(lambda: self._with_idle(work))

    async def submit(self, work: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        try:
            # Who stops waiting stops no work: what has begun is done to its end.
            running = loop.run_in_executor(self._threads, work)
        except RuntimeError:  # shut down
            raise Unavailable from None
        return await running

    def close(self) -> None:
        self._threads.shutdown()
        while True:
            try:
                self._idle.get_nowait().close()
            except Empty:
                return

    def _with_idle(self, work: Callable[[Connection], T]) -> T:
        connection = self._idle.get_nowait()
        try:
            return _without_cursor(work(connection))
        except sqlite3.Error as error:
            raise Unavailable from error
        finally:
            self._idle.put(connection)


class Database:
    """Runs a read, or a write as one transaction."""

    def __init__(self, path: Path, *, patience: float = PATIENCE) -> None:
        self.path = path
        self._patience = patience
        self._writer = ConnectionPool(1)
        self._readers = ConnectionPool(READERS)
        self._ping = Shared(self._prove)
        self._in_doubt = False

    async def open(self, *, create: bool = True) -> None:
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            found = sqlite3.sqlite_version
            raise BadConfiguration(
                [f"sqlite: 3.37 or newer is needed, Python has {found}"]
            )
        try:
            await self._writer.submit(lambda: self._open(create=create))
        except BaseException:
            await self.aclose()
            raise

    async def read(self, query: Callable[[Connection], T]) -> T:
        return await self._readers.run(query)

    async def write(self, change: Callable[[Connection], T]) -> T:
        try:
            return await self._writer.run(lambda db: _in_transaction(db, change))
        except Unavailable as error:
            self._in_doubt |= _code(error.__cause__) in NO_ROOM
            raise

    async def ping(self) -> None:
        await self._ping.ask()

    async def _prove(self) -> None:
        """Read, and write: little, or after a write that failed a lot."""
        await self.read(lambda db: db.execute("PRAGMA schema_version").fetchall())
        if self._in_doubt:
            # What is left may do for a little, and not for a registration.
            await self.write(_write_a_lot)
            await self.write(lambda db: db.execute("DROP TABLE IF EXISTS write_proof"))
            self._in_doubt = False
        else:
            await self.write(_write_a_little)

    async def aclose(self) -> None:
        # The writer last: the last to leave tidies up, and readers may not.
        await asyncio.to_thread(self._readers.close)
        await asyncio.to_thread(self._writer.close)

    def _open(self, *, create: bool) -> None:
        try:
            if not create:
                self._demand_records()
            make_directory(self.path.parent)
            make_file(self.path)
            for suffix in BESIDE:
                narrow(self.path.with_name(self.path.name + suffix))
            self._open_writer()
            self._open_readers()
        except sqlite3.Error as error:
            if is_passing(error):
                raise Unavailable from error
            raise self._unusable(error) from error
        except OSError as error:
            raise self._unusable(error) from error

    def _demand_records(self) -> None:
        """Raise NothingStored unless there are any of ours; change nothing."""
        if self.path.is_file():
            place = f"{self.path.absolute().as_uri()}?mode=ro"
            with closing(sqlite3.connect(place, uri=True)) as reader:
                if reader.execute(BEGUN).fetchall():
                    return
            raise NothingStored([f"sqlite: {self.path} has nothing of ours"])
        nearest = next(it for it in self.path.absolute().parents if it.exists())
        if not (nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)):
            raise self._unusable(f"can't write to {nearest}")
        raise NothingStored([f"sqlite: there is no file {self.path}"])

    def _open_writer(self) -> None:
        writer = self._connect()
        self._writer.add(writer)
        self._switch_to_wal(writer)
        writer.execute("PRAGMA synchronous = FULL")
        writer.execute("PRAGMA foreign_keys = ON")
        # What is deleted names people: it leaves nothing in the file.
        writer.execute("PRAGMA secure_delete = ON")

    def _open_readers(self) -> None:
        for _ in range(READERS):
            reader = self._connect()
            self._readers.add(reader)
            reader.execute("PRAGMA query_only = ON")
            reader.execute(f"PRAGMA cache_size = -{CACHE}")

    def _connect(self) -> Connection:
        connection = sqlite3.connect(
            self.path,
            timeout=self._patience,
            isolation_level=None,
            check_same_thread=False,
        )
        # There may be no directory for temporary files, and others could look into it.
        connection.execute("PRAGMA temp_store = MEMORY")
        return connection

    def _switch_to_wal(self, connection: Connection) -> None:
        give_up_at = time.monotonic() + self._patience
        while True:
            try:
                (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
            except sqlite3.OperationalError as error:
                # Where processes race to switch, SQLite does not wait by itself.
                if not is_passing(error) or time.monotonic() > give_up_at:
                    raise
                time.sleep(0.01)
            else:
                break
        if mode != "wal":
            raise self._unusable("its file system has no write-ahead logging")

    def _unusable(self, reason: object) -> BadConfiguration:
        advice = "name a file on a local disk that this process may create and write"
        return BadConfiguration([f"sqlite: can't use {self.path} ({reason}): {advice}"])


def _without_cursor(result: T) -> T:
    # Whoever lets go of a cursor resets its statement, and all who write the same share that:
    # in another thread it would happen amid the next one's work.
    if isinstance(result, Cursor):
        result.close()
    return result


def _in_transaction(connection: Connection, change: Callable[[Connection], T]) -> T:
    # Not deferred: a transaction that begins as a reader and then wants to write is
    # refused at once if another process wrote meanwhile; this one waits its turn.
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = change(connection)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    return result


def _write_a_little(db: Connection) -> None:
    (number,) = db.execute("PRAGMA user_version").fetchone()
    db.execute(f"PRAGMA user_version = {number}")  # writes a page, changed or not


def _write_a_lot(db: Connection) -> None:
    db.execute(
        "CREATE TABLE IF NOT EXISTS write_proof (id INTEGER PRIMARY KEY, it BLOB)"
    )
    db.execute("INSERT OR REPLACE INTO write_proof VALUES (1, zeroblob(?))", [LARGE])


def is_passing(error: sqlite3.Error) -> bool:
    return _code(error) in PASSING


def _code(error: BaseException | None) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
