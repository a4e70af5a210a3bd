"""
One connection, to a server or to a pooler before it.

A pooler (PgBouncer in transaction mode) lends a session for one transaction: nothing that
a session keeps may be counted on. It shows by itself, since it has to number its clients
in its own way: the number it gave us is not that of the server's process that answers.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

import psycopg
from psycopg import AsyncConnection, IsolationLevel
from psycopg.abc import Buffer
from psycopg.rows import RowMaker
from psycopg.types.datetime import TimestamptzBinaryLoader, TimestamptzLoader

T = TypeVar("T")

Settings: TypeAlias = Mapping[str, str]
Values: TypeAlias = dict[str, Any]

ASK_AND_SET = """
SELECT pg_backend_pid() = %(pid)s, (
    SELECT count(set_config(name, value, FALSE))
    FROM unnest(%(names)s::text[], %(values)s::text[]) AS settings (name, value)
    WHERE pg_backend_pid() = %(pid)s
)
"""

SET_LOCAL = """
SELECT set_config(name, value, TRUE)
FROM unnest(%(names)s::text[], %(values)s::text[]) AS settings (name, value)
"""

BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"

OF_THE_SESSION = {"default_transaction_isolation", "timezone"}
"""What the beginning of a transaction, or reading its rows, sees to by itself."""


class Connection(AsyncConnection[tuple[Any, ...]]):
    """``local`` is what each transaction has to set: nothing where the session keeps it."""

    local: Settings = MappingProxyType({})


class UtcLoader(TimestamptzLoader):
    """Reads times in UTC, whatever zone the session has."""

    def load(self, data: Buffer) -> datetime:
        return super().load(data).astimezone(UTC)


class UtcBinaryLoader(TimestamptzBinaryLoader):
    """Reads them so where they come in binary."""

    def load(self, data: Buffer) -> datetime:
        return super().load(data).astimezone(UTC)


async def prepare(connection: Connection, settings: Settings) -> None:
    """Set what the session is to keep, or note that it keeps nothing."""
    asked = {"pid": connection.info.backend_pid, **_as_arrays(settings)}
    ((is_the_servers, _),) = await fetch(connection, tuple, ASK_AND_SET, asked)
    if is_the_servers:
        return
    kept = {name: settings[name] for name in settings.keys() - OF_THE_SESSION}
    connection.local = MappingProxyType(kept)
    # A statement prepared in one session is not there, or is another's, in the next.
    connection.prepare_threshold = None
    connection.adapters.register_loader("timestamptz", UtcLoader)
    connection.adapters.register_loader("timestamptz", UtcBinaryLoader)
    await connection.set_isolation_level(IsolationLevel.READ_COMMITTED)
    # Sets them once, so that those that can't be set are told of now.
    await ask(connection, first, "SELECT 1", {})


async def fetch(
    connection: Connection, make: RowMaker[T], query: str, values: Values
) -> list[T]:
    """Return the rows of a statement in somebody's transaction."""
    cursor = connection.cursor(binary=True, row_factory=lambda _: make)
    await cursor.execute(query, values)
    return await cursor.fetchall()


async def ask(
    connection: Connection, make: RowMaker[T], query: str, values: Values
) -> list[T]:
    """Return the rows of a statement that is a transaction by itself."""
    if not connection.local:
        return await fetch(connection, make, query, values)
    cursor = connection.cursor(binary=True, row_factory=lambda _: make)
    async with transaction(connection):
        await cursor.execute(query, values)
    return await cursor.fetchall()


async def set_local(connection: Connection) -> None:
    """Set, for the transaction that has begun, what the session does not keep."""
    if connection.local:
        await connection.execute(SET_LOCAL, _as_arrays(connection.local))


@asynccontextmanager
async def transaction(connection: Connection) -> AsyncIterator[None]:
    """Make one transaction of what is done, with no more waiting than for what is fetched."""
    try:
        async with connection.pipeline():
            # Not psycopg's transaction(): in a pipeline it waits after each of these.
            await connection.execute(BEGIN)
            await set_local(connection)
            yield
            await connection.execute("COMMIT")
    except BaseException:
        with suppress(psycopg.OperationalError):
            await connection.rollback()
        raise


def first(row: Sequence[Any]) -> Any:  # noqa: ANN401 - of a column of any type
    return row[0]


def _as_arrays(settings: Settings) -> Values:
    return {"names": list(settings), "values": list(settings.values())}
