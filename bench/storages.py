"""
Measures what the choice of a storage costs.

The service on SQLite, on PostgreSQL and on a MongoDB-compatible server, in turn, as
ratios to SQLite; and what it brings that look-ups at one moment share one query. The
MongoDB-compatible server is SecantusDB, a single process of Python and WiredTiger: its
figures say nothing about MongoDB's speed. All of them sync each commit to disk.
"""

import asyncio
import json
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count, cycle
from pathlib import Path

import httpx

from bench.throughput import Load, request_of
from tests.servers.mongo import MongoCompatibleServer
from tests.servers.postgres import PostgresServer
from tests.servers.service import CHECKOUT, Service

ROUNDS = 2
CROWD = 128
PERSON = {
    "email": "bench@example.com",
    "username": "bench",
    "password": "SecurePass123!",
}

EACH_ALONE = """
from core.identity.batched_lookups import BatchedLookups

async def get(self, session_id):
    return (await self.sessions.identities([session_id])).get(session_id)

BatchedLookups.get = get

from entrypoints.cli.app import app

app()
"""
"""The service, with a query for every look-up."""


@dataclass(slots=True)
class Registrations(Load):
    """Somebody new each time."""

    numbers: Iterator[int] = field(default_factory=count)

    def next_request(self) -> bytes:
        name = f"bench-{next(self.numbers)}"
        body = (
            f'{{"email": "{name}@example.com", "username": "{name}",'
            f' "password": "{PERSON["password"]}"}}'
        )
        return request_of("POST", "/auth/register", body)


@dataclass(slots=True)
class Rotations(Load):
    """The newest token of a session each time, so that each of them is a change."""

    tokens: deque[str] = field(default_factory=deque)

    def next_request(self) -> bytes:
        body = json.dumps({"refresh_token": self.tokens.popleft()})
        return request_of("POST", "/auth/refresh", body)

    def learn(self, body: bytes) -> None:
        if fresh := json.loads(body).get("refresh_token"):
            self.tokens.append(fresh)


@dataclass(slots=True)
class Crowd(Load):
    """Many, each with a session of their own."""

    requests: Iterator[bytes] = field(default_factory=lambda: iter([]))

    def next_request(self) -> bytes:
        return next(self.requests)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A service on one storage, what it is asked, and the one whose look-ups go alone."""

    name: str
    service: Service
    alone: Service
    loads: list[Load]
    crowds: list[Load]

    async def run(self, place: int) -> None:
        """Put one of the loads on it."""
        if place < len(self.loads):
            await self.loads[place].run(self.service.port)
            return
        place -= len(self.loads)
        await self.crowds[place].run((self.alone, self.service)[place].port)


def _candidate(name: str, service: Service, alone: Service) -> Candidate:
    with httpx.Client(base_url=service.url) as client:
        client.post("/auth/register", json=PERSON).raise_for_status()
        logins = [client.post("/auth/login", json=PERSON).json() for _ in range(CROWD)]
    tokens = [each["access_token"] for each in logins]
    spent = [each["refresh_token"] for each in logins]
    looks = [request_of("GET", "/auth/me", token=token) for token in tokens]
    loads: list[Load] = [
        Crowd("/auth/me", b"", requests=cycle(looks)),
        Rotations("/auth/refresh", b"", tokens=deque(spent)),
        Registrations("/auth/register", b""),
    ]
    crowds: list[Load] = [
        Crowd(f"/auth/me by {CROWD}, {how}", b"", CROWD, requests=cycle(looks))
        for how in ("each alone", "together")
    ]
    return Candidate(name, service, alone, loads, crowds)


def _start(stack: ExitStack, name: str, url: str) -> Candidate:
    settings = {"LOG_LEVEL": "WARNING", "JWT_SECRET_KEY": "x" * 64}
    settings |= {"DATABASE_URL": url, "OUTBOX_POLL_SECONDS": "3600"}
    directories = [
        Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(2)
    ]
    service = stack.enter_context(Service(directories[0], **settings))
    program = (sys.executable, "-c", EACH_ALONE)
    path = {"PYTHONPATH": str(CHECKOUT)}
    alone = Service(directories[1], program=program, **settings, **path)
    return _candidate(name, service, stack.enter_context(alone))


async def _measure(candidates: list[Candidate]) -> None:
    first = candidates[0]
    for _ in range(ROUNDS):
        for place in range(len(first.loads) + len(first.crowds)):
            for candidate in candidates:
                await candidate.run(place)


def _show(candidates: list[Candidate]) -> None:
    for loads in zip(*(each.loads + each.crowds for each in candidates), strict=True):
        print(loads[0].name)
        for candidate, load in zip(candidates, loads, strict=True):
            print(
                f"  {candidate.name:28} {load.rate / ROUNDS:7.0f}/s"
                f"  {load.rate / loads[0].rate:5.2f} of SQLite"
                f"  p50 {load.quantile(0.5):6.1f} ms  p99 {load.quantile(0.99):6.1f} ms"
                f"  refused {load.refused}"
            )
    for candidate in candidates:
        alone, together = candidate.crowds
        ratio = together.rate / alone.rate
        print(f"together/alone on {candidate.name}: {ratio:.2f}")


def main() -> None:
    """Print a line a load and storage."""
    with ExitStack() as stack:
        postgres = PostgresServer(fsync="on", full_page_writes="on").start()
        stack.callback(postgres.stop)
        mongo = MongoCompatibleServer().start()
        stack.callback(mongo.stop)
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        candidates = [
            _start(stack, "SQLite", f"sqlite:///{directory}/bench.db"),
            _start(stack, "PostgreSQL", postgres.url),
            _start(stack, "SecantusDB (not MongoDB)", mongo.url),
        ]
        asyncio.run(_measure(candidates))
    _show(candidates)


if __name__ == "__main__":
    main()
