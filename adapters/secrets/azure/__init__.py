"""
Secrets in Azure Key Vault: ``azure://VAULT/prefix-``.

Credentials are those of ``DefaultAzureCredential``. ``?endpoint=https://HOST`` is for
other clouds than the public one (``AZURE_AUTHORITY_HOST`` names where they log in).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Self

from adapters.secrets.azure.service import KeyVault, Listed
from adapters.secrets.cloud import VersionCache, deadline
from adapters.secrets.values import value_in
from core import errors
from core.model import SecretVersion
from core.ports import SecretProvider

URL = re.compile(
    r"azure://([a-z][a-z\d-]{1,22}[a-z\d])(?:/([a-z\d-]*))?"
    r"(?:\?endpoint=(https://[\w.-]+(?::\d+)?))?",
    re.ASCII | re.IGNORECASE,
)
NAME = re.compile(r"[a-z\d-]{1,127}", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AzureSecrets(SecretProvider):
    vault: KeyVault
    prefix: str
    _cache: VersionCache = field(default_factory=VersionCache, repr=False)

    @classmethod
    def from_url(cls, url: str) -> Self:
        if (match := URL.fullmatch(url)) is None:
            problem = (
                "Write azure://VAULT or azure://VAULT/prefix-, with ?endpoint=https://HOST"
                " if need be"
            )
            raise errors.BadConfiguration([problem])
        endpoint = match[3] or f"https://{match[1]}.vault.azure.net"
        return cls(KeyVault(endpoint), match[2] or "")

    async def newest(self, name: str) -> SecretVersion:
        secret_id = self._named(name)
        secret = self.vault.told(secret_id)
        async with deadline(secret):
            for listed in await self.vault.in_force(secret_id):
                if found := await self._read(secret_id, listed):
                    return found
        raise _not_found(secret)

    async def versions(self, name: str) -> Sequence[SecretVersion]:
        secret_id = self._named(name)
        secret = self.vault.told(secret_id)
        async with deadline(secret):
            listed = await self.vault.in_force(secret_id)
            read = partial(self._read, secret_id)
            found = await self._cache.all(secret_id, listed, read)
        if not found:
            raise _not_found(secret)
        return found

    async def aclose(self) -> None:
        await self.vault.aclose()

    def _named(self, name: str) -> str:
        secret_id = self.prefix + re.sub("[/._]", "-", name)
        if not (name and NAME.fullmatch(secret_id)):
            raise errors.SecretNotFound(
                f"Secret {name!r}: Key Vault has names of letters, digits and hyphens"
                " only, 127 at most"
            )
        return secret_id

    async def _read(self, secret_id: str, listed: Listed) -> SecretVersion | None:
        content = await self.vault.value(secret_id, listed)
        if content is None:
            return None
        value = value_in(content.encode(), self.vault.told(secret_id))
        return SecretVersion(value, listed.version, listed.created_at)


def _not_found(secret: str) -> errors.SecretNotFound:
    return errors.SecretNotFound(
        f"{secret}: it has no version that is enabled and valid now; set one"
    )
