"""What the parts can do alone: no service is faster than these."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import bcrypt
import jwt
import psycopg

from bench.report import Limit
from bench.subjects import PASSWORD, SECRET
from config.cores import usable_cores

SECONDS = 3.0


CONNECTIONS = 10
"""As many as a worker has by default."""

WRITTEN = "CREATE TABLE IF NOT EXISTS written (id int PRIMARY KEY, at timestamptz)"
WRITE = """
INSERT INTO written VALUES (%s, clock_timestamp())
ON CONFLICT (id) DO UPDATE SET at = clock_timestamp()
"""


def parts_alone(rounds: int, postgres: str) -> list[Limit]:
    """Measure each part that no log-in, look at a token, or refresh does without."""
    return [
        Limit(f"bcrypt.checkpw, cost {rounds}, on all cores", checked(rounds)),
        Limit("PyJWT decode of an HS256 token, on one core", _decoded()),
        Limit("a row written and synced, one connection", committed(postgres, 1)),
        Limit(
            f"rows written and synced, {CONNECTIONS} connections",
            committed(postgres, CONNECTIONS),
        ),
    ]


def committed(url: str, connections: int, seconds: float = SECONDS) -> float:
    """Return how many transactions of one statement by psycopg a second are on the disk."""
    return sum(asyncio.run(_committed(url, connections, seconds))) / seconds


async def _committed(url: str, connections: int, seconds: float) -> list[int]:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as it:
        await it.execute(WRITTEN)
    until = time.perf_counter() + seconds

    async def write(number: int) -> int:
        done = 0
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as it:
            while time.perf_counter() < until:
                await it.execute(WRITE, [number], prepare=True)
                done += 1
        return done

    return await asyncio.gather(*map(write, range(connections)))


def checked(rounds: int, seconds: float = SECONDS) -> float:
    """Return how many passwords a second all cores check."""
    password = PASSWORD.encode()
    hashed = bcrypt.hashpw(password, bcrypt.gensalt(rounds))
    cores = usable_cores()
    with ThreadPoolExecutor(cores) as threads:
        jobs = [lambda: bcrypt.checkpw(password, hashed)] * cores
        return sum(threads.map(lambda job: _rate(job, seconds), jobs))


def _decoded() -> float:
    token = jwt.encode({"sub": "1", "sid": "x" * 32, "iss": "a"}, SECRET, "HS256")
    return _rate(lambda: jwt.decode(token, SECRET, ["HS256"]))


def _rate(job: Callable[[], object], seconds: float = SECONDS) -> float:
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        job()
        done += 1
    return done / (time.perf_counter() - began)


def mean(found: Sequence[Sequence[Limit]]) -> list[Limit]:
    """Return the mean of what was measured before and after."""
    return [
        Limit(each[0].name, sum(it.rate for it in each) / len(each))
        for each in zip(*found, strict=True)
    ]
