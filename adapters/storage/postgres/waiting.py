"""An end to every wait for a server."""

import asyncio
import os
import select
import socket
from collections.abc import Awaitable
from contextlib import suppress
from typing import TypeVar

import psycopg

from adapters.storage.postgres.connection import Connection

T = TypeVar("T")


async def within(seconds: float, connection: Connection, work: Awaitable[T]) -> T:
    """
    Return what the work returns; after so long it fails, and the connection with it.

    Cancelling would not do: psycopg then asks the server to cancel, and waits for that.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        if not task.done():
            _cut(connection)
            await asyncio.gather(task, return_exceptions=True)
    return task.result()


def has_died(connection: Connection) -> bool:
    """Tell, without asking the server: it says nothing unasked but that it goes away."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _cut(connection: Connection) -> None:
    """Let whoever waits for an answer on this connection fail at once."""
    with (
        suppress(OSError, psycopg.OperationalError),
        socket.socket(fileno=os.dup(connection.fileno())) as duplicate,
    ):
        duplicate.shutdown(socket.SHUT_RDWR)
