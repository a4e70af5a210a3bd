"""A small provider that asks afar, and others that are wrong on purpose in one way."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Self

from core import errors
from core.model import SecretVersion
from core.ports import SecretProvider
from tests.adapters.broken_secrets import SmallSecrets
from tests.contract.remote_secrets import RemoteVault
from tests.servers.troubles import FOREVER, Trouble

DEADLINE = 0.4


class Refused(Exception):
    def __init__(self, kind: Trouble) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass
class SmallCloud:
    """Keeps versions, and has troubles."""

    kept: SmallSecrets = field(default_factory=SmallSecrets)
    kind: Trouble = Trouble.FAILING
    left: int = 0
    delay: float = 0.0
    connections: int = 0
    up: bool = True
    speaks: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self, name: str) -> Sequence[SecretVersion]:
        if not self.up:
            raise ConnectionRefusedError
        self.connections = 1
        await self.speaks.wait()
        await asyncio.sleep(self.delay)
        if self.left:
            self.left -= 1
            raise Refused(self.kind)
        return await self.kept.versions(name)


class SmallRemote(SecretProvider):
    """Right in all."""

    deadline: float | None = DEADLINE
    tries = 2
    errors_by_trouble: dict[Trouble, type[errors.OperationError]] = {  # noqa: RUF012
        Trouble.DENIED: errors.SecretDenied,
        Trouble.UNKNOWN_CALLER: errors.SecretDenied,
    }

    def __init__(self, cloud: SmallCloud) -> None:
        self.cloud = cloud

    @classmethod
    def from_url(cls, url: str) -> Self:
        raise errors.BadConfiguration([url])

    async def newest(self, name: str) -> SecretVersion:
        return (await self.versions(name))[0]

    async def versions(self, name: str) -> Sequence[SecretVersion]:
        try:
            async with asyncio.timeout(self.deadline):
                return await self.tried(name)
        except TimeoutError:
            raise errors.SecretsUnavailable(name) from None

    async def tried(self, name: str) -> Sequence[SecretVersion]:
        for _ in range(self.tries - 1):
            try:
                return await self.asked(name)
            except errors.SecretsUnavailable:
                await asyncio.sleep(0)
        return await self.asked(name)

    async def asked(self, name: str) -> Sequence[SecretVersion]:
        try:
            return await self.cloud.ask(name)
        except Refused as refused:
            unavailable = errors.SecretsUnavailable
            raise self.errors_by_trouble.get(refused.kind, unavailable)(name) from None
        except ConnectionError:
            raise errors.SecretsUnavailable(name) from None

    async def aclose(self) -> None:
        self.cloud.connections = 0


@dataclass
class SmallVault(RemoteVault):
    provider: SmallRemote
    cloud: SmallCloud
    url: str = "small://"

    async def put(self, name: str, value: str) -> None:
        await self.cloud.kept.put(name, value)

    async def remove(self, name: str) -> None:
        await self.cloud.kept.remove(name)

    async def disable(self, name: str) -> None:
        await self.cloud.kept.disable(name)

    async def trouble(self, kind: Trouble, times: int | None = None) -> None:
        self.cloud.kind, self.cloud.left = kind, times or FOREVER

    async def delay(self, seconds: float) -> None:
        self.cloud.delay = seconds

    async def stop(self) -> None:
        self.cloud.up = False

    async def silence(self) -> None:
        self.cloud.speaks.clear()

    async def heal(self) -> None:
        self.cloud.up, self.cloud.left, self.cloud.delay = True, 0, 0.0
        self.cloud.speaks.set()

    def connections(self) -> int:
        return self.cloud.connections


@asynccontextmanager
async def vault(make: type[SmallRemote]) -> AsyncIterator[SmallVault]:
    cloud = SmallCloud()
    cloud.speaks.set()
    yield SmallVault(make(cloud), cloud)


class CallsDeniedMissing(SmallRemote):
    errors_by_trouble = {  # noqa: RUF012
        **SmallRemote.errors_by_trouble,
        Trouble.DENIED: errors.SecretNotFound,
    }


class HopesForCredentials(SmallRemote):
    errors_by_trouble = {Trouble.DENIED: errors.SecretDenied}  # noqa: RUF012


class RemembersDenials(SmallRemote):
    denied = False

    async def asked(self, name: str) -> Sequence[SecretVersion]:
        if self.denied:
            raise errors.SecretDenied(name)
        try:
            return await super().asked(name)
        except errors.SecretDenied:
            self.denied = True
            raise


class DoesNotSayWhich(SmallRemote):
    async def versions(self, name: str) -> Sequence[SecretVersion]:
        try:
            return await super().versions(name)
        except errors.SecretDenied:
            raise errors.SecretDenied from None


class TriesOnce(SmallRemote):
    tries = 1


class CallsThrottledDenied(SmallRemote):
    errors_by_trouble = {  # noqa: RUF012
        **SmallRemote.errors_by_trouble,
        Trouble.THROTTLED: errors.SecretDenied,
    }


class LetsFailuresOut(SmallRemote):
    async def asked(self, name: str) -> Sequence[SecretVersion]:
        if self.cloud.left and self.cloud.kind is Trouble.FAILING:
            return await self.cloud.ask(name)
        return await super().asked(name)


class BelievesAll(SmallRemote):
    async def asked(self, name: str) -> Sequence[SecretVersion]:
        garbled = self.cloud.left and self.cloud.kind is Trouble.GARBLED
        if garbled and name in self.cloud.kept.kept:
            return [replace(v, value="?") for v in await self.cloud.kept.versions(name)]
        return await super().asked(name)


class GivesUpForGood(SmallRemote):
    gave_up = False

    async def versions(self, name: str) -> Sequence[SecretVersion]:
        try:
            if not self.gave_up:
                return await super().versions(name)
        except errors.SecretsUnavailable:
            self.gave_up = self.cloud.left == 0
        raise errors.SecretsUnavailable(name)


class WaitsForever(SmallRemote):
    deadline = None


class AnswersOneByOne(SmallRemote):
    def __init__(self, cloud: SmallCloud) -> None:
        super().__init__(cloud)
        self.turn = asyncio.Lock()

    async def versions(self, name: str) -> Sequence[SecretVersion]:
        async with self.turn:
            return await super().versions(name)


class IsImpatient(SmallRemote):
    deadline = 0.03


class HoldsTheLoopUp(SmallRemote):
    async def asked(self, name: str) -> Sequence[SecretVersion]:
        time.sleep(self.cloud.delay)  # noqa: ASYNC251 - the fault
        return await super().asked(name)


class IsLostWhenGivenUp(SmallRemote):
    lost = False

    async def versions(self, name: str) -> Sequence[SecretVersion]:
        if self.lost:
            raise errors.SecretsUnavailable(name)
        try:
            return await super().versions(name)
        except asyncio.CancelledError:
            self.lost = True
            raise


class ReadsOnePage(SmallRemote):
    async def asked(self, name: str) -> Sequence[SecretVersion]:
        return (await super().asked(name))[:25]


class KeepsByNumber(SmallRemote):
    def __init__(self, cloud: SmallCloud) -> None:
        super().__init__(cloud)
        self.known: dict[str, SecretVersion] = {}

    async def asked(self, name: str) -> Sequence[SecretVersion]:
        found = await super().asked(name)
        return [self.known.setdefault(version.version, version) for version in found]


class LeavesConnections(SmallRemote):
    async def aclose(self) -> None:
        """Leave them to the garbage collector."""


class StaysInItsLoop(SmallRemote):
    loop: asyncio.AbstractEventLoop | None = None

    async def asked(self, name: str) -> Sequence[SecretVersion]:
        here = asyncio.get_running_loop()
        self.loop = self.loop or here
        if self.loop is not here:
            raise RuntimeError("made in another loop")
        return await super().asked(name)
