"""What other processes do; it imports little, so that many of them start soon."""

import asyncio
from multiprocessing.synchronize import Barrier

from adapters.storage.postgres import PostgresStorage

start_of: list[Barrier] = []
"""In each of the racing processes, where it meets the others."""


def will_start_at(barrier: Barrier) -> None:
    start_of.append(barrier)


def migrated_by(url: str) -> list[str]:
    """Migrate, together with the others if there are any; return what was run."""
    for barrier in start_of:
        barrier.wait(60)
    return list(asyncio.run(PostgresStorage.from_url(url).migrate()))
