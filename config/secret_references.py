"""Settings that refer to secrets, ``secret:NAME``, and what the backend has for them."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from config.secret_fields import SecretFields
from config.settings import JWT_SECRET, FoundSecret, Settings
from core import errors
from core.operations.secret_watch import SecretReference
from core.ports import SecretProvider

PREFIX = "secret:"


@dataclass(slots=True)
class Fetched:
    """What settings that are references refer to; their defaults where it is not found."""

    values: dict[str, Any]
    found: dict[str, FoundSecret] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    away: dict[str, str] = field(default_factory=dict)
    """What the backend did not answer for, by variable."""


def fetch(raw: Mapping[str, Any]) -> Fetched:
    """Return the settings that are references, resolved, and what went wrong."""
    url = raw.get("secrets_url") or Settings.default_of("secrets_url")
    names = _names(raw, url)
    fetched = Fetched({setting: Settings.default_of(setting) for setting in names})
    if not names:
        return fetched
    try:
        provider = SecretFields.from_url(url)
    except errors.BadConfiguration:
        return fetched  # told once, with the other adapters
    references = {
        setting: SecretReference(provider, name, every_version=setting == JWT_SECRET)
        for setting, name in names.items()
    }
    # A loop of its own: a worker process loads its settings inside a running one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, _resolve(provider, references, fetched)).result()
    return fetched


def _names(raw: Mapping[str, Any], url: str) -> dict[str, str]:
    """Return the names of the secrets, by setting."""
    names = {
        setting: value.removeprefix(PREFIX)
        for setting, value in raw.items()
        if isinstance(value, str) and value.startswith(PREFIX)
    }
    native = str(raw.get("auth_backend", "native")).lower() == "native"
    if native and not raw.get("jwt_secret_key") and not url.startswith("env:"):
        names[JWT_SECRET] = "jwt-secret"
    return names


async def _resolve(
    provider: SecretProvider,
    references: Mapping[str, SecretReference],
    fetched: Fetched,
) -> None:
    async def resolve(setting: str, secret: SecretReference) -> None:
        variable = setting.upper()
        try:
            versions = await secret.read()
            fetched.found[setting] = FoundSecret(secret, versions)
            fetched.values[setting] = versions[0].value
        except errors.SecretsUnavailable as error:
            fetched.away[variable] = f"{variable}: {error}"
        except errors.OperationError as error:
            fetched.problems.append(f"{variable}: {error}")

    # Side by side: of several that get no answer, none waits for another.
    # Closed in the loop that it was used in; whoever asks it later has another.
    async with aclosing(provider):
        await asyncio.gather(*(resolve(*it) for it in references.items()))
