"""Secrets in files, as Docker and Kubernetes mount them: one file a secret."""

import asyncio
import hashlib
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Self
from urllib.parse import unquote

from core import errors
from core.model import SecretVersion
from core.ports import SecretProvider

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
                [f"Write file:///path/of/a/directory and nothing more, not {url!r}"]
            )
        return cls(Path(unquote(match[1])))

    async def newest(self, name: str) -> SecretVersion:
        return await asyncio.to_thread(self._read, name)

    async def versions(self, name: str) -> Sequence[SecretVersion]:
        return [await self.newest(name)]

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
        try:
            value = re.sub(r"\r?\n\Z", "", content.decode())
        except UnicodeDecodeError:
            raise errors.SecretNotFound(f"{what} is not UTF-8") from None
        if not value:
            raise errors.SecretNotFound(f"{what} is empty")
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
