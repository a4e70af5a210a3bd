"""Secrets by name, and fields of secrets that are JSON: ``NAME#FIELD``, on any backend."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from adapters.secrets.fields import picked
from adapters.secrets.values import json_fields
from config import adapters
from core import errors
from core.model import SecretVersion
from core.ports import SecretProvider


@dataclass(frozen=True, slots=True)
class SecretFields(SecretProvider):
    provider: SecretProvider

    @classmethod
    def from_url(cls, url: str) -> Self:
        return cls(adapters.secrets(url))

    async def newest(self, name: str) -> SecretVersion:
        secret, _, part = name.partition("#")
        version = await self.provider.newest(secret)
        if part:
            return _part(version, part, secret)
        _demand_a_value(version, secret)
        return version

    async def versions(self, name: str) -> Sequence[SecretVersion]:
        secret, _, part = name.partition("#")
        newest, *others = await self.provider.versions(secret)
        if not part:
            # The keys among them are judged one by one, by who reads them.
            return [newest, *others]
        found = [_part(newest, part, secret)]
        for other in others:
            try:
                found.append(_part(other, part, secret))
            except errors.SecretNotFound:
                continue  # an older one may be of another shape
        return found

    async def aclose(self) -> None:
        await self.provider.aclose()


def _part(version: SecretVersion, part: str, secret: str) -> SecretVersion:
    return replace(version, value=picked(version.value, part, f"Secret {secret!r}"))


def _demand_a_value(version: SecretVersion, secret: str) -> None:
    fields = json_fields(version.value)
    if fields is None:
        return
    known = ", ".join(map(repr, fields)) or "none"
    raise errors.SecretNotFound(
        f"Secret {secret!r}: it is JSON with the fields {known}; name the one that is"
        f" meant, secret:{secret}#FIELD, or secret:{secret}#url for a database's URL"
    )
