"""
Secrets in files, as Docker and Kubernetes mount them: one file a secret.

The version before that of ``smtp-password`` is in ``smtp-password.previous``, if anywhere.
"""

import asyncio
import errno
import hashlib
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Self
from urllib.parse import unquote

from adapters.secrets.values import value_in
from core import errors
from core.model import SecretVersion
from core.ports import SecretProvider

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SWAPS = 5
"""So many in a row are waited for; nobody rotates that fast."""


@dataclass(frozen=True, slots=True)
class FileSecrets(SecretProvider):
    directory: Path
    # Versions are logged: without this key, nobody can try passwords on them.
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(16), repr=False)

    @classmethod
    def from_url(cls, url: str) -> Self:
        match = re.fullmatch(r"file://(/[^?#]*)", url)
        if match is None:
            raise errors.BadConfiguration(
                ["Write file:///path/of/a/directory and nothing more"]
            )
        return cls(Path(unquote(match[1])))

    async def newest(self, name: str) -> SecretVersion:
        return await asyncio.to_thread(self._read, name)

    async def versions(self, name: str) -> Sequence[SecretVersion]:
        return await asyncio.to_thread(self._versions, name)

    async def aclose(self) -> None:
        """Nothing is held."""

    def _versions(self, name: str) -> list[SecretVersion]:
        newest = self._read(name)
        for _ in range(SWAPS):
            previous = self._previous(name)
            # Both may have been swapped since: only what was there together counts.
            before, newest = newest, self._read(name)
            if newest == before:
                break
        if previous is None or previous.value == newest.value:
            return [newest]
        # Kubernetes writes all files of a mount at once, in no order.
        older = min(previous.created_at, newest.created_at)
        return [newest, replace(previous, created_at=older)]

    def _previous(self, name: str) -> SecretVersion | None:
        try:
            return self._read(f"{name}.previous")
        except errors.SecretNotFound:
            return None

    def _read(self, name: str) -> SecretVersion:
        path = self._path(name)
        secret = f"Secret {name!r}"
        try:
            content, written_at = _content(path)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError):
            raise errors.SecretNotFound(f"{secret}: there is no file {path}") from None
        except PermissionError:
            raise errors.SecretDenied(
                f"{secret}: let this process read {path}"
            ) from None
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                raise errors.SecretNotFound(
                    f"{secret}: no file has so long a name"
                ) from None
            raise errors.SecretsUnavailable(f"{secret}: {error}") from error
        return self._version(content, written_at, f"{secret}: the file {path}")

    def _path(self, name: str) -> Path:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise errors.SecretNotFound(
                f"Secret {name!r}: a name can't lead out of {self.directory}"
            )
        return self.directory / path

    def _version(
        self, content: bytes, written_at: datetime, what: str
    ) -> SecretVersion:
        value = value_in(content, what)
        version = hashlib.blake2b(content, key=self._key, digest_size=8).hexdigest()
        return SecretVersion(value, version, written_at)


def _content(path: Path) -> tuple[bytes, datetime]:
    try:
        return _opened(path)
    except FileNotFoundError:
        # The mount may have been swapped while its links were followed.
        return _opened(path)


def _opened(path: Path) -> tuple[bytes, datetime]:
    # Opened once: a swap between two looks would mix two versions.
    with path.open("rb") as file:
        milliseconds = os.fstat(file.fileno()).st_mtime_ns // 1_000_000
        return file.read(), EPOCH + timedelta(milliseconds=milliseconds)
