"""
The driver's look for a server, which a caller may leave at any moment.

PyMongo holds the lock of what it knows about the servers, and lets go of it while it waits
with ``asyncio.wait_for``. Before Python 3.12 that waited in a task of its own, which took
the lock again for a caller who had left by then: nobody gave it back, and every later call
of the process waited for ever.
"""

import asyncio
import sys
from collections.abc import Awaitable
from typing import TypeVar

import pymongo.lock

T = TypeVar("T")


async def wait_for(work: Awaitable[T], timeout: float | None) -> T:  # noqa: ASYNC109 - as asyncio has it
    """Be ``asyncio.wait_for`` as Python 3.12 has it: in the caller's own task."""
    async with asyncio.timeout(timeout):
        return await work


def mend_waiting() -> None:
    """Have PyMongo wait so; of no use where Python does it itself."""
    if sys.version_info < (3, 12):
        vars(pymongo.lock)["wait_for"] = wait_for
