"""A pool of connections, and for how long they are waited for."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias, TypeVar

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.errors import (
    AdminShutdown,
    CantChangeRuntimeParam,
    CrashShutdown,
    ReadOnlySqlTransaction,
)
from psycopg.rows import RowMaker
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from adapters.storage.postgres.connection import Connection, ask, first, prepare
from adapters.storage.postgres.url import Parameters, PostgresUrl
from adapters.storage.postgres.waiting import has_died, within
from adapters.storage.sharing import Shared
from core.errors import BadConfiguration, Unavailable
from core.model import PoolUse

T = TypeVar("T")

Work: TypeAlias = Callable[[Connection], Coroutine[Any, Any, T]]

QUEUE = 0.8
"""Seconds that a caller waits for a connection."""

PATIENCE = 0.8
"""Seconds after which a server that does not answer is given up."""

STATEMENT = "700ms"
"""After which a server that is alive gives a statement up, and keeps the connection."""

RECONNECT = 0.5

SILENCE = 2.5
"""Seconds that a host which says nothing may take from those behind it: connect_timeout."""

OLDEST = 130000

IMPATIENT = {
    "statement_timeout": STATEMENT,
    "idle_in_transaction_session_timeout": "3s",
}
SETTLED = {"timezone": "UTC", "default_transaction_isolation": "read committed"}

WRITE_UNLESS_READ_ONLY = """
SELECT read_only, CASE WHEN NOT read_only
    THEN pg_logical_emit_message(TRUE, 'scribes-auth', 'ping') END
FROM (SELECT current_setting('transaction_read_only')::boolean AS read_only) AS mode
"""

OPERATORS = re.compile(
    "authentication failed|does not exist|no password supplied|pg_hba.conf"
    "|not permitted|permission denied|support SSL|certificate"
    "|unsupported startup parameter"
    r"|connection is bad: (?:invalid|could not match|definition of service)"
)
"""What is said of a log-in that will fail until an operator mends something."""


class Database:
    """Runs statements; each is a transaction of its own."""

    def __init__(self, url: PostgresUrl) -> None:
        self.queue = QUEUE
        self.patience = PATIENCE
        self._conninfo = make_conninfo(**_with_defaults(url.parameters))
        self._settings = IMPATIENT | url.settings | SETTLED
        hosts_before_last = url.parameters.get("host", "").count(",")
        # Hosts are tried in turn: the last must still get its time.
        self._connecting = QUEUE + PATIENCE + SILENCE * hosts_before_last
        self._ping = Shared(self._prove)
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            self._conninfo,
            connection_class=Connection,
            kwargs={"autocommit": True},
            configure=self._prepare,
            min_size=min(2, url.pool_size),
            max_size=url.pool_size,
            reconnect_timeout=RECONNECT,
            name="postgres",
            open=False,
        )

    @property
    def pool(self) -> PoolUse:
        stats = self._pool.get_stats()
        size, idle = stats.get("pool_size", 0), stats.get("pool_available", 0)
        return PoolUse(
            used=size - idle,
            idle=idle,
            waiting=stats.get("requests_waiting", 0),
            requests=stats.get("requests_num", 0),
            waited=stats.get("requests_wait_ms", 0) / 1000,
        )

    async def open(self) -> None:
        connection = await self.connect()
        try:
            _check_server(connection)
        finally:
            await connection.close()
        await self._pool.open()
        try:
            # The pool's own wait would close it for good if the first is late.
            early = await self._pool.getconn(self._connecting)
        except PoolTimeout as error:
            raise Unavailable from error
        await self._pool.putconn(early)

    async def connect(self) -> Connection:
        """Return a connection of the caller's own."""
        try:
            async with asyncio.timeout(self._connecting):
                connection = await Connection.connect(self._conninfo, autocommit=True)
            await self._prepare(connection)
        except TimeoutError as error:
            raise Unavailable from error
        except psycopg.Error as error:
            if _is_the_operators(error):
                raise BadConfiguration([f"postgres: {error}"]) from error
            raise Unavailable from error
        return connection

    async def read(self, make: RowMaker[T], query: str, **values: object) -> list[T]:
        """Return the rows; asks once more if the connection had died."""
        return await self.run(lambda it: ask(it, make, query, values), repeat=True)

    async def write(self, make: RowMaker[T], query: str, **values: object) -> list[T]:
        """Return the rows. If the connection dies, nobody knows whether it was done."""
        return await self.run(lambda it: ask(it, make, query, values))

    async def run(
        self, work: Work[T], *, repeat: bool = False, patience: float | None = None
    ) -> T:
        patience = patience or self.patience
        queue_until = _now() + self.queue
        try:
            try:
                return await self._run(work, queue_until, patience)
            except psycopg.OperationalError as error:
                if not (repeat and _is_lost(error)):
                    raise
                return await self._run(work, queue_until, patience)
        except psycopg.DataError:
            raise ValueError("no text that Postgres can store") from None
        except psycopg.Error as error:
            raise Unavailable from psycopg.Error(said(error))

    async def ping(self) -> None:
        await self._ping.ask()

    async def aclose(self) -> None:
        await self._pool.close()

    async def _prove(self) -> None:
        await self.run(_write_nothing, repeat=True)

    async def _prepare(self, connection: Connection) -> None:
        try:
            await within(PATIENCE, connection, prepare(connection, self._settings))
        except BaseException:
            await connection.close()
            raise

    async def _run(self, work: Work[T], queue_until: float, patience: float) -> T:
        connection = await self._take(queue_until)
        begun_at = _now()
        try:
            return await within(patience, connection, work(connection))
        except ReadOnlySqlTransaction:
            await connection.close()  # the next one may lead to the new primary
            raise
        except psycopg.OperationalError:
            if _now() >= begun_at + patience:
                # The server has fallen silent: so have the other connections.
                await self._pool.drain()
            raise
        finally:
            # Shielded: who is cancelled twice would lose it.
            await asyncio.shield(self._pool.putconn(connection))

    async def _take(self, until: float) -> Connection:
        while True:
            connection = await self._pool.getconn(until - _now())
            if not has_died(connection):
                return connection
            await connection.close()
            await self._pool.putconn(connection)


def said(error: psycopg.Error) -> str:
    """Return what the server says of it, but no details: those are rows, and what they hold."""
    return error.diag.message_primary or str(error)


async def _write_nothing(connection: Connection) -> None:
    """Commit a record that stands in the log of the server, and in no table."""
    if any(await ask(connection, first, WRITE_UNLESS_READ_ONLY, {})):
        raise ReadOnlySqlTransaction


def _with_defaults(parameters: Parameters) -> Parameters:
    defaults = {"application_name": "scribes-auth", "connect_timeout": "2"}
    # Without options, which a pooler refuses, and without the environment's.
    ours = {"options": "", "client_encoding": "utf8"}
    return {**defaults, **parameters, **ours}


def _check_server(connection: Connection) -> None:
    problems = []
    if connection.info.parameter_status("server_encoding") != "UTF8":
        problems.append("postgres: make the database anew with the encoding UTF8")
    if connection.info.server_version < OLDEST:
        problems.append("postgres: version 13 or newer is needed")
    if problems:
        raise BadConfiguration(problems)


def _is_the_operators(error: psycopg.Error) -> bool:
    passing = isinstance(error, psycopg.OperationalError | ReadOnlySqlTransaction)
    cant_be_set = not passing or isinstance(error, CantChangeRuntimeParam)
    return cant_be_set or bool(OPERATORS.search(str(error)))


def _is_lost(error: psycopg.OperationalError) -> bool:
    state = error.sqlstate
    # Class 08, connection exceptions: what a pooler says when it lost the server.
    has_gone = isinstance(error, AdminShutdown | CrashShutdown)
    return has_gone or state is None or state.startswith("08")


def _now() -> float:
    return asyncio.get_running_loop().time()
