"""Runs in this process, on a storage in memory: the same each time, and over in no time."""

import asyncio
from collections.abc import Sequence
from itertools import cycle
from random import Random

from adapters.storage.memory import MemoryStorage
from config.settings import Settings
from core.ports import Storage
from tests.history import virtual_time
from tests.history.faults import Fault, crashes, revokes, steps_of_clocks
from tests.history.in_process import MemoryReplica
from tests.history.recording import Recorder
from tests.history.run import SECRET, SETTINGS, Outcome, Run, judge


def run_in_process(
    seed: str,
    seconds: float,
    *storages: Storage,
    faults: Sequence[Fault] = (),
) -> Outcome:
    """
    Return what came of a run, by default on a storage in memory.

    Two storages are what each replica sees of one; ``faults`` come on top of ours.
    """
    seen = storages or (MemoryStorage.from_url("memory://"),)
    return virtual_time.run(_run(seed, seconds, seen, faults))


async def _run(
    seed: str, seconds: float, storages: Sequence[Storage], faults: Sequence[Fault]
) -> Outcome:
    replicas = [
        MemoryReplica(name, storage, settings(), Random(f"{seed} link {name}"))
        for name, storage in zip(("r1", "r2"), cycle(storages), strict=False)
    ]
    for replica in replicas:
        await replica.start()
    run = Run(
        seed=seed,
        seconds=seconds,
        replicas=replicas,
        faults=[*_faults(replicas), *faults],
    )
    await run.go()
    for replica in replicas:
        replica.crash()
    return await judge(run, storages[0])


def settings() -> Settings:
    """Return the settings of a replica, without limits."""
    told = SETTINGS | {"RATE_LIMIT_ENABLED": "false", "DATABASE_URL": "memory://"}
    return Settings(**{name.lower(): value for name, value in told.items()})


def _faults(replicas: Sequence[MemoryReplica]) -> list[Fault]:
    return [
        crashes(replicas),
        steps_of_clocks(replicas),
        steps_of_clocks(replicas),
        _cuts(replicas),
        _lost_answers(replicas),
        revokes(replicas, SECRET),
    ]


def _cuts(replicas: Sequence[MemoryReplica]) -> Fault:
    async def cut(rng: Random, recorder: Recorder) -> None:
        replica = rng.choice(replicas)
        recorder.tell(f"{replica.name} has lost its storage")
        replica.link.is_cut = True
        await asyncio.sleep(rng.uniform(0.01, 0.3))
        replica.link.is_cut = False

    return cut


def _lost_answers(replicas: Sequence[MemoryReplica]) -> Fault:
    async def lose(rng: Random, recorder: Recorder) -> None:
        replica = rng.choice(replicas)
        recorder.tell(f"{replica.name} hears nothing of its storage")
        replica.link.loses_answers = True
        await asyncio.sleep(rng.uniform(0.01, 0.1))
        replica.link.loses_answers = False

    return lose
