"""What goes wrong meanwhile: one thing after another, by a seed, and each is mended."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import TypeAlias

from tests.history.clients import Replica
from tests.history.recording import Recorder, Revocation
from tests.history.tokens import Key

Fault: TypeAlias = Callable[[Random, Recorder], Awaitable[object]]
"""Makes trouble, tells the recorder of it, and returns when it is mended."""

QUIET = (0.3, 1.2)
"""Seconds between two faults."""

OFFSETS = (-8.0, -3.0, -0.5, 0.0, 0.5, 3.0, 8.0)
"""Seconds by which clocks are wrong; two of them differ by more than the leeway at times."""


async def trouble(
    faults: Sequence[Fault], rng: Random, recorder: Recorder, stop: asyncio.Event
) -> None:
    """Make trouble until told to stop."""
    while not stop.is_set():
        await asyncio.sleep(rng.uniform(*QUIET))
        await rng.choice(faults)(rng, recorder)


def steps_of_clocks(replicas: Sequence[Replica]) -> Fault:
    """Return the fault that sets the clock of a replica."""

    async def step(rng: Random, recorder: Recorder) -> None:
        replica, offset = rng.choice(replicas), rng.choice(OFFSETS)
        recorder.tell(f"the clock of {replica.name} is {offset:+} seconds off")
        replica.clock.step(offset)

    return step


def crashes(replicas: Sequence[Replica]) -> Fault:
    """Return the fault that kills a replica."""

    async def crash(rng: Random, recorder: Recorder) -> None:
        replica, revocation = rng.choice(replicas), recorder.revocation
        recorder.tell(f"{replica.name} is killed")
        replica.crash()
        await asyncio.sleep(rng.uniform(0, 0.2))
        await replica.start()
        recorder.tell(f"{replica.name} is back")
        if revocation:
            revocation.learnt(replica.name, recorder.tick())

    return crash


def revokes(replicas: Sequence[Replica], secret: str) -> Fault:
    """Return the fault that revokes the key which signs, once."""

    async def revoke(rng: Random, recorder: Recorder) -> None:
        if recorder.revocation is not None:
            return
        key, names = Key(secret), {replica.name for replica in replicas}
        recorder.tell(f"the key {key.kid} is revoked")
        recorder.revocation = Revocation(key, recorder.tick(), names)
        await rng.choice(replicas).revoke(key.kid)

    return revoke
