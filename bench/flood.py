"""
Measures what a flood of log-ins costs everybody else.

`/auth/me` at a steady pace, in turn: while nothing else happens, while an unrelated process
keeps one core busy, and while 64 connections log in with a wrong password as fast as they
are answered. The limits are off: this is a flood from many addresses, to many accounts. Under
the flood, the 99th percentile should stay within 3 times the quiet one plus what the busy
core costs. Whoever floods or burns is a process of its own; so it takes a core, too.
"""

import asyncio
import itertools
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import httpx

from bench.throughput import Load, request_of
from tests.servers.service import Service

ROUNDS = 5
SECONDS = 4.0
CONNECTIONS = 64
PACE = 100.0
"""Requests to `/auth/me` a second."""

Connection: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]

PERSON = {
    "email": "bench@example.com",
    "username": "bench",
    "password": "SecurePass123!",
}


@dataclass(slots=True)
class LogIns(Load):
    """A wrong password for somebody else each time."""

    numbers: Iterator[int] = field(default_factory=itertools.count)

    def next_request(self) -> bytes:
        body = f'{{"email": "bench{next(self.numbers)}@example.com", "password": "x"}}'
        return request_of("POST", "/auth/login", body)


@dataclass(slots=True)
class Phase:
    """One thing that happens beside, and what `/auth/me` took meanwhile, in seconds."""

    name: str
    disturb: Callable[[int], None] | None
    latencies: list[float] = field(default_factory=list)
    p99s: list[float] = field(default_factory=list)
    refused: int = 0
    _idle: list[Connection] = field(default_factory=list)

    async def run(self, port: int, request: bytes) -> None:
        """Ask at a steady pace, whether the answers come or not."""
        with _beside(self.disturb, port):
            began = time.perf_counter()
            asked = []
            for number in range(int(SECONDS * PACE)):
                due = began + number / PACE
                await asyncio.sleep(due - time.perf_counter())
                asked.append(asyncio.create_task(self._ask(port, request, due)))
            took = await asyncio.gather(*asked)
        for _, writer in self._idle:
            writer.close()
        self._idle.clear()
        self.latencies += took
        self.p99s.append(_quantile(took, 0.99))

    async def _ask(self, port: int, request: bytes, due: float) -> float:
        if self._idle:
            connection = self._idle.pop()
        else:
            connection = await asyncio.open_connection("127.0.0.1", port)
        reader, writer = connection
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]
        await reader.readexactly(int(length))
        self.refused += not head.startswith(b"HTTP/1.1 200")
        self._idle.append(connection)
        return time.perf_counter() - due


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
    load = LogIns("/auth/login", b"", CONNECTIONS)
    while True:
        asyncio.run(load.run(port))


def _quantile(latencies: list[float], share: float) -> float:
    """Milliseconds."""
    ordered = sorted(latencies)
    return ordered[int(share * (len(ordered) - 1))] * 1000


def _token(service: Service) -> str:
    with httpx.Client(base_url=service.url) as client:
        client.post("/auth/register", json=PERSON).raise_for_status()
        token: str = client.post("/auth/login", json=PERSON).json()["access_token"]
        return token


def _show(phases: list[Phase]) -> None:
    for phase in phases:
        print(
            f"{phase.name:16} p50 {_quantile(phase.latencies, 0.5):7.2f} ms"
            f"  p99 {statistics.median(phase.p99s):7.2f} ms (median of {ROUNDS} rounds,"
            f" {min(phase.p99s):.2f} to {max(phase.p99s):.2f})  refused {phase.refused}"
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
        request = request_of("GET", "/auth/me", token=_token(service))
        for _ in range(ROUNDS):
            for phase in phases:
                asyncio.run(phase.run(service.port, request))
        service.stop()
    _show(phases)


if __name__ == "__main__":
    main()
