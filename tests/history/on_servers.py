"""Runs of real processes, on storages that several of them share."""

import asyncio
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from tests.history.faults import Fault, crashes, revokes, steps_of_clocks
from tests.history.processes import ProcessReplica
from tests.history.recording import Recorder
from tests.history.run import SECRET, SETTINGS, Outcome, Run, judge
from tests.servers.chaos_proxy import ChaosProxy
from tests.servers.databases import through
from tests.servers.mongo import MongoCompatibleServer
from tests.servers.postgres import PostgresServer

CUT = (0.05, 0.5)
"""Seconds without the storage."""

LOCKED = (0.05, 1.5)
PAUSED = (0.1, 1.0)


@dataclass(frozen=True)
class SharedStorage:
    """
    Where replicas store; a file has no server.

    ``patience`` is what the URL needs for a server that is slow.
    """

    url: str
    server: PostgresServer | MongoCompatibleServer | None = None
    patience: str = ""


async def run_on(
    storage: SharedStorage, directory: Path, seed: str, seconds: float
) -> Outcome:
    """Return what came of a run with two replicas."""
    async with AsyncExitStack() as ends:
        replicas = [
            await ends.enter_async_context(_replica(storage, directory / name))
            for name in ("r1", "r2")
        ]
        await asyncio.gather(*(replica.start() for replica in replicas))
        faults = [
            crashes(replicas),
            steps_of_clocks(replicas),
            steps_of_clocks(replicas),
            _pauses(replicas),
            revokes(replicas, SECRET),
            *_faults_of(storage, replicas),
        ]
        run = Run(seed=seed, seconds=seconds, replicas=replicas, faults=faults)
        await run.go()
        for replica in replicas:
            replica.crash()
        async with replicas[0].service.storage() as stored:
            return await judge(run, stored)


@asynccontextmanager
async def _replica(
    storage: SharedStorage, directory: Path
) -> AsyncIterator[ProcessReplica]:
    settings = SETTINGS | {"DATABASE_URL": storage.url}
    if storage.server is None:
        async with ProcessReplica(directory, settings) as replica:
            yield replica
        return
    address = urlsplit(storage.url)
    async with ChaosProxy(address.hostname or "", address.port or 0) as proxy:
        settings = through(proxy.host, proxy.port, settings)
        settings["DATABASE_URL"] += storage.patience
        async with ProcessReplica(directory, settings, proxy) as replica:
            yield replica


def _faults_of(
    storage: SharedStorage, replicas: Sequence[ProcessReplica]
) -> list[Fault]:
    if storage.server is None:
        return [_locks(Path(urlsplit(storage.url).path))]
    proxies = [(one.name, one.proxy) for one in replicas if one.proxy]
    return [_cuts(proxies), _cuts(proxies), _database_crashes(storage.server)]


def _pauses(replicas: Sequence[ProcessReplica]) -> Fault:
    async def pause(rng: Random, recorder: Recorder) -> None:
        replica = rng.choice(replicas)
        recorder.tell(f"{replica.name} stands still")
        replica.pause(signal.SIGSTOP)
        await asyncio.sleep(rng.uniform(*PAUSED))
        replica.pause(signal.SIGCONT)

    return pause


def _cuts(proxies: Sequence[tuple[str, ChaosProxy]]) -> Fault:
    async def cut(rng: Random, recorder: Recorder) -> None:
        name, proxy = rng.choice(proxies)
        how = rng.choice(["refused", "in a black hole", "reset", "cut off in answers"])
        recorder.tell(f"the connections of {name} to the database are {how}")
        if how == "refused":
            await proxy.down()
        elif how == "in a black hole":
            proxy.black_hole = True
        elif how == "reset":
            proxy.reset_all()
        else:
            proxy.cut_replies_after = rng.randrange(1, 20_000)
        await asyncio.sleep(rng.uniform(*CUT))
        proxy.black_hole, proxy.cut_replies_after = False, None
        if not proxy.is_up:
            await proxy.start()

    return cut


def _database_crashes(server: PostgresServer | MongoCompatibleServer) -> Fault:
    async def crash(rng: Random, recorder: Recorder) -> None:
        recorder.tell("the database is killed")
        server.kill()
        await asyncio.sleep(rng.uniform(0, 0.2))
        await asyncio.to_thread(server.start)
        recorder.tell("the database is back")

    return crash


def _locks(file: Path) -> Fault:
    async def lock(rng: Random, recorder: Recorder) -> None:
        recorder.tell("somebody else holds the file locked")
        await asyncio.to_thread(_hold_locked, file, rng.uniform(*LOCKED))

    return lock


def _hold_locked(file: Path, seconds: float) -> None:
    with closing(sqlite3.connect(file, timeout=10, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        other.execute("ROLLBACK")
