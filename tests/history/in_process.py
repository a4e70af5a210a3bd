"""Replicas in this process, over one storage in memory; nothing in them takes time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from random import Random
from typing import Any

import httpx
from dependency_injector.providers import Object

from config.container import Container
from config.settings import Settings
from core import errors
from core.model import Client
from core.ports import Clock, PasswordHasher, Storage
from entrypoints.http.app import create
from tests.doubles import NOON, Postman
from tests.history.clocks import SteppedClock
from tests.history.recording import MailedToken

LATENCY = 0.003
"""Seconds for the way to the storage, and for the way back, at most."""

IDLE = 0.05
"""Seconds between two looks of what works in the background."""

PARTS = frozenset({"users", "sessions", "tokens", "events", "revocations", "archive"})


@dataclass
class Link:
    """The way to the storage, which takes time, and may be cut in either direction."""

    rng: Random
    is_cut: bool = False
    loses_answers: bool = False

    async def there(self) -> None:
        """Go there."""
        await asyncio.sleep(self.rng.uniform(0, LATENCY))
        if self.is_cut:
            raise errors.Unavailable("cut")

    async def back(self) -> None:
        """Come back; what was done is done."""
        await asyncio.sleep(self.rng.uniform(0, LATENCY))
        if self.is_cut or self.loses_answers:
            raise errors.Unavailable("the answer is lost")


class FarStorage:
    """A storage, or a part of one, at the other end of a link."""

    def __init__(self, near: object, link: Link) -> None:
        self._near = near
        self._link = link

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a method or a part
        member = getattr(self._near, name)
        if name in PARTS:
            return FarStorage(member, self._link)

        async def call(*args: object, **kwargs: object) -> object:
            await self._link.there()
            found = await member(*args, **kwargs)
            await self._link.back()
            return found

        return call


@dataclass
class LoopClock(Clock):
    """The machine's time, at an offset."""

    stepped: SteppedClock

    def now(self) -> datetime:
        seconds = self.stepped.now() + self.stepped.offset
        return datetime.fromtimestamp(seconds // 0.001 / 1000, UTC)


@dataclass
class QuickHasher(PasswordHasher):
    """Needs neither time nor threads: what it hides, nobody looks for here."""

    _salts: Callable[[], int] = field(default_factory=lambda: count().__next__)

    def demand_room(self) -> None:
        """There always is."""

    async def hash(self, password: str) -> str:
        await asyncio.sleep(0)
        return f"{self._salts()}:{password}"

    async def verify(self, password: str, stored: str | None) -> bool:
        await asyncio.sleep(0)
        return stored is not None and stored.partition(":")[2] == password

    def is_stale(self, stored: str) -> bool:
        return not stored

    async def aclose(self) -> None:
        """There is nothing to let go of."""


class Door(httpx.AsyncBaseTransport):
    """Leads to an application, which may be gone, together with all who were inside."""

    def __init__(self) -> None:
        self.application: httpx.ASGITransport | None = None
        self._inside: set[asyncio.Task[httpx.Response]] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.application is None:
            raise httpx.ConnectError("nobody is there")
        visit = asyncio.create_task(self.application.handle_async_request(request))
        self._inside.add(visit)
        await asyncio.wait({visit})
        self._inside.discard(visit)
        if visit.cancelled():
            raise httpx.ReadError("it crashed")
        return visit.result()

    def shut(self) -> None:
        """Be gone at once."""
        self.application = None
        for visit in self._inside:
            visit.cancel()


def machine_time() -> float:
    """Return the loop's time, as seconds since 1970."""
    return NOON.timestamp() + asyncio.get_running_loop().time()


class MemoryReplica:
    """A replica that can be crashed and started again; the storage stays."""

    def __init__(
        self, name: str, storage: Storage, settings: Settings, rng: Random
    ) -> None:
        self.name = name
        self.link = Link(rng)
        self.clock = SteppedClock(machine_time)
        self.door = Door()
        self.http = httpx.AsyncClient(transport=self.door, base_url="http://replica")
        self.container: Container
        self._storage = storage
        self._settings = settings
        self._postman = Postman()
        self._work: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Return when it serves."""
        self.container = container = Container(settings=self._settings)
        container.storage.override(Object(FarStorage(self._storage, self.link)))
        container.clock.override(Object(LoopClock(self.clock)))
        container.hasher.override(Object(QuickHasher()))
        container.mailer.override(Object(self._postman))
        await container.readiness().prepare()
        steps = container.outbox().deliver_due, container.revocations().learn
        self._work = [asyncio.create_task(_repeat(step)) for step in steps]
        application: Any = create(container)  # typed otherwise than httpx has it
        self.door.application = httpx.ASGITransport(application)

    def crash(self) -> None:
        """End at once, whatever is under way."""
        self.door.shut()
        for work in self._work:
            work.cancel()

    async def revoke(self, kid: str) -> None:
        """Revoke a key, as an operator does."""
        await self.container.revocations().revoke(kid, Client("server", "root"))

    def new_mails(self) -> Sequence[MailedToken]:
        """Return what was mailed since the last look."""
        new, self._postman.sent = self._postman.sent, []
        return [MailedToken(it.to, it.kind, it.token) for it in new if it.token]


async def _repeat(step: Callable[[], Awaitable[int]]) -> None:
    while True:
        with suppress(errors.Unavailable):
            await step()
        await asyncio.sleep(IDLE)
