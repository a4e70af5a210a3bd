"""
Measures what a flood of log-ins costs everybody else.

`/auth/me` at a steady pace, in turn: while nothing else happens, while an unrelated process
keeps one core busy, and while 64 connections log in with a wrong password as fast as they
are answered. The limits are off: this is a flood from many addresses, to many accounts. Under
the flood, the 99th percentile should stay within 3 times the quiet one plus what the busy
core costs. Whoever floods or burns is a process of its own; so it takes a core, too.
"""

import itertools
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bench import load
from bench.subjects import asked, posted
from bench.tasks import Same
from tests.servers.service import Service

ROUNDS = 5
SECONDS = 4.0
CONNECTIONS = 64
PACE = 100.0
"""Requests to `/auth/me` a second."""

PERSON = {
    "email": "bench@example.com",
    "username": "bench",
    "password": "SecurePass123!",
}


@dataclass(slots=True)
class Guesser:
    """Tries a wrong password for somebody else each time."""

    numbers: Iterator[int]

    def request(self) -> bytes:
        name = f"bench{next(self.numbers)}@example.com"
        return posted("/auth/login", {"email": name, "password": "x"})

    def learn(self, body: bytes) -> None:
        """Nothing is to be learned from a refusal."""


@dataclass(slots=True)
class Phase:
    """One thing that happens beside, and what `/auth/me` took meanwhile."""

    name: str
    disturb: Callable[[int], None] | None
    rounds: list[load.Answers] = field(default_factory=list)

    def run(self, port: int, request: bytes) -> None:
        """Ask at a steady pace, whether the answers come or not."""
        with _beside(self.disturb, port):
            self.rounds.append(load.opened(port, [Same(request)], SECONDS, PACE))

    @property
    def p99s(self) -> list[float]:
        """Milliseconds."""
        return [it.quantile(0.99) for it in self.rounds]


@contextmanager
def _beside(disturb: Callable[[int], None] | None, port: int) -> Iterator[None]:
    if disturb is None:
        yield
        return
    process = multiprocessing.get_context("spawn").Process(target=disturb, args=[port])
    process.start()
    time.sleep(1)
    try:
        yield
    finally:
        process.terminate()
        process.join()


def _burn(_port: int) -> None:
    while True:
        sum(range(1000))


def _flood(port: int) -> None:
    numbers = itertools.count()
    guessers = [Guesser(numbers) for _ in range(CONNECTIONS)]
    while True:
        load.closed(port, guessers, SECONDS)


def _token(service: Service) -> str:
    with httpx.Client(base_url=service.url) as client:
        client.post("/auth/register", json=PERSON).raise_for_status()
        token: str = client.post("/auth/login", json=PERSON).json()["access_token"]
        return token


def _show(phases: list[Phase]) -> None:
    for phase in phases:
        print(
            f"{phase.name:16} p50"
            f" {statistics.median(it.quantile(0.5) for it in phase.rounds):7.2f} ms"
            f"  p99 {statistics.median(phase.p99s):7.2f} ms (median of {ROUNDS} rounds,"
            f" {min(phase.p99s):.2f} to {max(phase.p99s):.2f})  refused {sum(it.refused for it in phase.rounds)}"
        )
    quiet, busy, flood = (statistics.median(phase.p99s) for phase in phases)
    bar = 3 * quiet + max(0, busy - quiet)
    print(
        f"p99 flood/quiet {flood / quiet:.2f}; bar {bar:.2f} ms, {flood / bar:.2f} of it"
    )


def main() -> None:
    """Print a line a phase."""
    phases = [
        Phase("quiet", None),
        Phase("one busy core", _burn),
        Phase("log-in flood", _flood),
    ]
    with tempfile.TemporaryDirectory() as directory:
        service = Service(Path(directory), BCRYPT_ROUNDS="12").start()
        request = asked("/auth/me", _token(service))
        for _ in range(ROUNDS):
            for phase in phases:
                phase.run(service.port, request)
        service.stop()
    _show(phases)


if __name__ == "__main__":
    main()
