"""
Secrets in the environment: ``smtp-password`` is ``SMTP_PASSWORD``.

``SMTP_PASSWORD_PREVIOUS``, if set, is the version before it.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from adapters.secrets.values import value_of
from core import errors
from core.model import UNTOLD, SecretVersion
from core.ports import SecretProvider


@dataclass(frozen=True, slots=True)
class EnvSecrets(SecretProvider):
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    # Versions are logged: without this key, nobody can try passwords on them.
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(16), repr=False)

    @classmethod
    def from_url(cls, url: str) -> Self:
        if url != "env://":
            raise errors.BadConfiguration(["Write env:// and nothing more"])
        return cls()

    async def newest(self, name: str) -> SecretVersion:
        variable, _ = variables_of(name)
        if found := self._version(variable, name):
            return found
        raise errors.SecretNotFound(
            f"Secret {name!r}: set the environment variable {variable}"
        )

    async def versions(self, name: str) -> Sequence[SecretVersion]:
        newest = await self.newest(name)
        previous = self._version(variables_of(name)[1], name)
        if previous is None or previous == newest:
            return [newest]
        return [newest, previous]

    async def aclose(self) -> None:
        """Nothing is held."""

    def _version(self, variable: str, name: str) -> SecretVersion | None:
        if not (value := value_of(self.environ.get(variable, ""))):
            return None
        try:
            text = value.encode()
        except UnicodeEncodeError:
            raise errors.SecretNotFound(
                f"Secret {name!r}: the environment variable {variable} is not text in"
                " UTF-8"
            ) from None
        version = hashlib.blake2b(text, key=self._key, digest_size=8).hexdigest()
        return SecretVersion(value, version, UNTOLD)


def variables_of(name: str) -> tuple[str, str]:
    """Return the variables that hold a secret, and its version before."""
    return _variable(name), f"{_variable(name)}_PREVIOUS"


def _variable(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", name.upper())
