"""What the clouds' adapters share: deadlines, another try, connections, versions kept."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Hashable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from core import errors
from core.model import SecretVersion

DEADLINE = 5.0
"""Seconds that a call may take in all."""
PATIENCE = 2.0
"""Seconds to wait for a connection, or for an answer; there is time for two tries."""
PAUSE = 0.2
"""Seconds between two tries."""
AT_ONCE = 8
"""So many versions of a secret are read side by side."""

T = TypeVar("T")
Id = TypeVar("Id", bound=Hashable)


@asynccontextmanager
async def deadline(secret: str) -> AsyncIterator[None]:
    """Raise ``SecretsUnavailable`` if what is inside takes too long."""
    try:
        async with asyncio.timeout(DEADLINE):
            yield
    except TimeoutError:
        raise errors.SecretsUnavailable(
            f"{secret}: no answer within {DEADLINE:g} seconds"
        ) from None


async def retried_once(attempt: Callable[[], Awaitable[T]]) -> T:
    """Try once more what was unavailable."""
    try:
        return await attempt()
    except errors.SecretsUnavailable:
        await asyncio.sleep(PAUSE)
        return await attempt()


def milliseconds(at: datetime) -> datetime:
    """Return the time as exact as the domain has it."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


@dataclass(eq=False, slots=True)
class LoopBoundClient(Generic[T]):
    """
    A vendor's client, made at its first use and anew in another event loop.

    These clients belong to the loop they are made in, and some don't survive a fork.
    """

    _client: T | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def client(self, connect: Callable[[AsyncExitStack], Awaitable[T]]) -> T:
        """Return the client that ``connect`` made; what must be closed is on its stack."""
        if self._loop is not (loop := asyncio.get_running_loop()):
            # What another loop has made can't be closed from this one.
            self._client, self._loop = None, loop
            self._lock, self._stack = asyncio.Lock(), AsyncExitStack()
        async with self._lock:
            if self._client is None:
                async with AsyncExitStack() as stack:
                    self._client = await connect(stack)
                    self._stack = stack.pop_all()
            return self._client

    async def aclose(self) -> None:
        """Let go of the client."""
        if self._loop is asyncio.get_running_loop():
            async with self._lock:
                await self._stack.aclose()
        self._client = None


@dataclass(eq=False, slots=True)
class VersionCache:
    """
    The versions that were read: what is behind a version's id never changes.

    So a look at all versions costs a listing, and those that are new.
    """

    _versions: dict[str, dict[Hashable, SecretVersion]] = field(default_factory=dict)

    async def all(
        self,
        secret: str,
        listed: Collection[Id],
        read: Callable[[Id], Awaitable[SecretVersion | None]],
    ) -> list[SecretVersion]:
        """Return the versions listed, in order, but for those that ``read`` finds no more."""
        known = self._versions.get(secret, {})
        new = [version_id for version_id in listed if version_id not in known]
        found = known | dict(zip(new, await _each(new, read), strict=True))
        kept: dict[Hashable, SecretVersion] = {
            version_id: version
            for version_id in listed
            if (version := found[version_id]) is not None
        }
        self._versions[secret] = kept
        return list(kept.values())


async def _each(ids: list[Id], read: Callable[[Id], Awaitable[T]]) -> list[T]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def look(version_id: Id) -> T:
        async with gate:
            return await read(version_id)

    try:
        async with asyncio.TaskGroup() as group:
            looks = [group.create_task(look(version_id)) for version_id in ids]
    except ExceptionGroup as failed:
        first = failed.exceptions[0]
        raise first from first.__cause__
    return [found.result() for found in looks]
