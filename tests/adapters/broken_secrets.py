"""A small provider, and others that are wrong on purpose: each differs in one way."""

import asyncio
import re
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Self

from core import errors
from core.model import SecretVersion
from core.ports import SecretProvider
from tests.contract.secrets import Vault

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class SmallSecrets(SecretProvider):
    """Right in all; keeps every version, in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, list[SecretVersion]] = {}

    @classmethod
    def from_url(cls, url: str) -> Self:
        if url != "small://":
            raise errors.BadConfiguration([url])
        return cls()

    async def newest(self, name: str) -> SecretVersion:
        return (await self.versions(name))[0]

    async def versions(self, name: str) -> Sequence[SecretVersion]:
        if name not in self.kept:
            raise errors.SecretNotFound(f"There is no secret {name}")
        return [*reversed(self.kept[name])]

    async def put(self, name: str, value: str) -> None:
        versions = self.kept.setdefault(name, [])
        created_at = START + len(versions) * timedelta(seconds=1)
        kept = self.kept_of(value)
        versions.append(SecretVersion(kept, str(len(versions)), created_at))

    def kept_of(self, value: str) -> str:
        return re.sub(r"\r?\n\Z", "", value)

    async def aclose(self) -> None:
        """Nothing is held."""

    async def remove(self, name: str) -> None:
        del self.kept[name]

    async def disable(self, name: str) -> None:
        self.kept[name].pop()


@dataclass
class SmallVault(Vault):
    provider: SmallSecrets
    url: str = "small://"

    async def put(self, name: str, value: str) -> None:
        await self.provider.put(name, value)

    async def remove(self, name: str) -> None:
        await self.provider.remove(name)

    async def disable(self, name: str) -> None:
        await self.provider.disable(name)


class Changed(SmallSecrets):
    """Answers with what ``changed`` makes of each version."""

    async def versions(self, name: str) -> Sequence[SecretVersion]:
        return [self.changed(version) for version in await super().versions(name)]

    def changed(self, version: SecretVersion) -> SecretVersion:
        return version


class StripsValues(Changed):
    def changed(self, version: SecretVersion) -> SecretVersion:
        return replace(version, value=version.value.strip())


class CallsAllTheSame(Changed):
    def changed(self, version: SecretVersion) -> SecretVersion:
        return replace(version, version="latest")


class CallsEachLookAnew(Changed):
    def changed(self, version: SecretVersion) -> SecretVersion:
        return replace(version, version=secrets.token_hex(8))

    async def newest(self, name: str) -> SecretVersion:
        return await super().newest(name)


class CallsVersionsByValue(Changed):
    def changed(self, version: SecretVersion) -> SecretVersion:
        return replace(version, version=version.value)


class TellsLocalTime(Changed):
    def changed(self, version: SecretVersion) -> SecretVersion:
        there = timezone(timedelta(hours=2))
        return replace(version, created_at=version.created_at.astimezone(there))


class TellsMicroseconds(Changed):
    def changed(self, version: SecretVersion) -> SecretVersion:
        created_at = version.created_at + timedelta(microseconds=1)
        return replace(version, created_at=created_at)


class KeepsLineEnds(SmallSecrets):
    def kept_of(self, value: str) -> str:
        return value


class StripsLineEnds(SmallSecrets):
    """All of them."""

    def kept_of(self, value: str) -> str:
        return value.rstrip("\r\n")


class LetsErrorsOut(SmallSecrets):
    async def versions(self, name: str) -> Sequence[SecretVersion]:
        return [*reversed(self.kept[name])]


class DoesNotSayWhich(SmallSecrets):
    async def versions(self, name: str) -> Sequence[SecretVersion]:
        if name not in self.kept:
            raise errors.SecretNotFound
        return await super().versions(name)


class KnowsNoVersions(SmallSecrets):
    async def newest(self, name: str) -> SecretVersion:
        return (await super().versions(name))[0]

    async def versions(self, name: str) -> Sequence[SecretVersion]:
        return await super().versions(name) if name in self.kept else []


class RemembersRemoved(SmallSecrets):
    async def remove(self, name: str) -> None:
        """Keep it, as a cache would."""


class FindsByBeginning(SmallSecrets):
    async def versions(self, name: str) -> Sequence[SecretVersion]:
        found = next((n for n in reversed(self.kept) if n.startswith(name)), name)
        return await super().versions(found)


class LooksOnce(SmallSecrets):
    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, Sequence[SecretVersion]] = {}

    async def versions(self, name: str) -> Sequence[SecretVersion]:
        if name not in self.kept or name not in self.seen:
            self.seen[name] = await super().versions(name)
        return self.seen[name]


class OldestFirst(SmallSecrets):
    async def newest(self, name: str) -> SecretVersion:
        return (await super().versions(name))[0]

    async def versions(self, name: str) -> Sequence[SecretVersion]:
        return [*reversed(await super().versions(name))]


class KnowsOneVersion(SmallSecrets):
    async def versions(self, name: str) -> Sequence[SecretVersion]:
        return (await super().versions(name))[:1]


class KeepsDisabled(SmallSecrets):
    async def disable(self, name: str) -> None:
        """Keep it, as who looks at no state does."""


class CutsNames(SmallSecrets):
    async def versions(self, name: str) -> Sequence[SecretVersion]:
        return await super().versions(name[:99])

    async def put(self, name: str, value: str) -> None:
        await super().put(name[:99], value)


class ChokesOnNames(SmallSecrets):
    async def versions(self, name: str) -> Sequence[SecretVersion]:
        if not name.isascii():
            raise ValueError(name)
        return await super().versions(name)


class AsksReplicas(SmallSecrets):
    """One of two is behind."""

    looks = 0

    async def versions(self, name: str) -> Sequence[SecretVersion]:
        self.looks += 1
        found = await super().versions(name)
        behind = self.looks % 2 and len(found) > 1
        await asyncio.sleep(0)
        return found[1:] if behind else found


class ClosesOnce(SmallSecrets):
    open = True

    async def aclose(self) -> None:
        if not self.open:
            raise RuntimeError("closed already")
        self.open = False


class SharesAVariable(SmallSecrets):
    name = ""

    async def versions(self, name: str) -> Sequence[SecretVersion]:
        self.name = name
        await asyncio.sleep(0)
        return await super().versions(self.name)


class ReadsNoUrl(SmallSecrets):
    @classmethod
    def from_url(cls, url: str) -> Self:
        raise errors.BadConfiguration([url])


class PassesOverParameters(SmallSecrets):
    @classmethod
    def from_url(cls, url: str) -> Self:
        return super().from_url(url.partition("?")[0].partition("#")[0])


class AsksAtOnce(SmallSecrets):
    @classmethod
    def from_url(cls, url: str) -> Self:
        socket.getaddrinfo("localhost", 80)
        return super().from_url(url)
