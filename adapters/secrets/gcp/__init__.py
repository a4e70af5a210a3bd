"""
Secrets in Google Secret Manager: ``gcp://PROJECT/prefix-``.

Credentials are Google's "application default credentials". ``?endpoint=HOST:PORT`` is for
a private endpoint; to this very machine it is spoken to in clear, and told no credentials.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Self

from adapters.secrets.cloud import VersionCache, deadline
from adapters.secrets.gcp.service import GOOGLE, Listed, SecretManager
from adapters.secrets.values import value_in
from core import errors
from core.model import SecretVersion
from core.ports import SecretProvider

HOST = r"(?:[\w.-]+|\[[\da-f:]+\])(?::\d+)?"
URL = re.compile(
    rf"gcp://((?:[a-z\d.-]+:)?[a-z\d-]+)(?:/([\w-]*))?(?:\?endpoint=({HOST}))?",
    re.ASCII,
)
NAME = re.compile(r"[\w-]{1,255}", re.ASCII)


@dataclass(frozen=True, slots=True)
class GcpSecrets(SecretProvider):
    manager: SecretManager
    project: str
    prefix: str
    _cache: VersionCache = field(default_factory=VersionCache, repr=False)

    @classmethod
    def from_url(cls, url: str) -> Self:
        if (match := URL.fullmatch(url)) is None:
            problem = (
                "Write gcp://PROJECT or gcp://PROJECT/prefix-, with ?endpoint=HOST:PORT"
                " if need be"
            )
            raise errors.BadConfiguration([problem])
        return cls(SecretManager(match[3] or GOOGLE), match[1], match[2] or "")

    async def newest(self, name: str) -> SecretVersion:
        secret, resource = self._named(name)
        async with deadline(secret):
            for listed in await self.manager.enabled(resource, secret):
                if found := await self._read(secret, listed):
                    return found
        raise _not_found(secret)

    async def versions(self, name: str) -> Sequence[SecretVersion]:
        secret, resource = self._named(name)
        async with deadline(secret):
            listed = await self.manager.enabled(resource, secret)
            found = await self._cache.all(resource, listed, partial(self._read, secret))
        if not found:
            raise _not_found(secret)
        return found

    async def aclose(self) -> None:
        await self.manager.aclose()

    def _named(self, name: str) -> tuple[str, str]:
        """Return what messages call the secret, and what Google does."""
        secret_id = self.prefix + re.sub("[/.]", "-", name)
        if not (name and NAME.fullmatch(secret_id)):
            raise errors.SecretNotFound(
                f"Secret {name!r}: Secret Manager has names of letters, digits, hyphens"
                " and underscores only, 255 at most"
            )
        told = f"Secret {secret_id!r} of the project {self.project}"
        return told, f"projects/{self.project}/secrets/{secret_id}"

    async def _read(self, secret: str, listed: Listed) -> SecretVersion | None:
        content = await self.manager.payload(listed, secret)
        if content is None:
            return None
        number = listed.resource.rpartition("/")[2]
        return SecretVersion(value_in(content, secret), number, listed.created_at)


def _not_found(secret: str) -> errors.SecretNotFound:
    return errors.SecretNotFound(f"{secret}: it has no enabled version; add one")
