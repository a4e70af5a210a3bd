"""From the environment, `.env` and the secrets backend to settings that can work."""

import asyncio
import os
import re
import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from adapters.private_files import make_directory, narrow
from config import adapters
from config.adapters import MAILBOX
from config.keyring import key_problems, key_warnings
from config.mail import mail_problems, mail_warnings
from config.production import production_problems, production_warnings
from config.secret_fields import SecretFields
from config.settings import JWT_SECRET, FoundSecret, Settings
from config.strays import stray_problems, stray_warnings
from core import errors
from core.ports import SecretProvider

REFERENCE = "secret:"
DOTENV = Path(".env")
NO_TEXT = "is not text in UTF-8; write it as text, and save a file as UTF-8"
LINK = re.compile(r"(tcp|udp|sctp)://[\d.a-f:\[\]]+:\d+")
WRITE = {
    "bool_parsing": "write true or false",
    "int_parsing": "write a whole number",
    "int_from_float": "write a whole number",
    "float_parsing": "write a number",
}
SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(slots=True)
class _Fetched:
    """What settings that are references refer to; their defaults where it is not found."""

    values: dict[str, Any]
    found: dict[str, FoundSecret] = field(default_factory=dict)
    away: dict[str, str] = field(default_factory=dict)
    """What the backend did not answer for, by variable."""


def load_settings() -> Settings:
    """
    Return the settings; raises BadConfiguration that names everything wrong at once.

    Raises SecretsUnavailable if nothing is wrong but that secrets got no answer.
    """
    raw, unreadable = _read()
    fetched, problems = _fetch_secrets(raw)
    settings, more = _validated({**raw, **fetched.values})
    settings = settings.with_secrets_found(fetched.found)
    told = unreadable + problems + more
    names = {problem.partition(":")[0] for problem in told}
    # A default that stands in for a bad value is no second mistake.
    problems = told + [
        it for it in _combined_problems(settings) if it.partition(":")[0] not in names
    ]
    # What lacks only for want of an answer is no fault of the configuration.
    problems = [it for it in problems if not any(name in it for name in fetched.away)]
    if problems:
        raise errors.BadConfiguration([*problems, *fetched.away.values()])
    if fetched.away:
        raise errors.SecretsUnavailable("\n".join(fetched.away.values()))
    _close_to_others(settings.data_dir)
    if settings.jwt_secret_key is None:
        return settings.with_jwt_secret(_development_secret(settings.data_dir))
    return settings


def warnings(settings: Settings) -> list[str]:
    """Return what works, but should not stay so."""
    found = key_warnings(settings) + mail_warnings(settings) + stray_warnings(settings)
    return found + production_warnings(settings) if settings.in_production else found


def _read() -> tuple[dict[str, Any], list[str]]:
    """Return what is written in `.env` and the environment, and what is no text."""
    try:
        raw = DotEnvSettingsSource(Settings)()
    except UnicodeDecodeError:
        raise errors.BadConfiguration([f"{DOTENV}: {NO_TEXT}"]) from None
    except OSError as error:
        raise errors.BadConfiguration(
            [f"{DOTENV}: {error.strerror}; let this process read it, or remove it"]
        ) from None
    raw.update(EnvSettingsSource(Settings)())
    garbled = [field for field, value in raw.items() if not _is_text(value)]
    raw.update({field: _default(field) for field in garbled})
    return raw, [f"{field.upper()}: {NO_TEXT}" for field in garbled]


def _is_text(value: object) -> bool:
    # What the environment holds beside UTF-8 arrives as halves of surrogate pairs.
    return not (isinstance(value, str) and SURROGATES.search(value))


def _fetch_secrets(raw: Mapping[str, Any]) -> tuple[_Fetched, list[str]]:
    """Return the settings that are references, resolved, and what went wrong."""
    url = raw.get("secrets_url") or _default("secrets_url")
    references = {
        field: value.removeprefix(REFERENCE)
        for field, value in raw.items()
        if isinstance(value, str) and value.startswith(REFERENCE)
    }
    if not raw.get("jwt_secret_key") and not url.startswith("env:"):
        references[JWT_SECRET] = "jwt-secret"
    fetched = _Fetched({field: _default(field) for field in references})
    if not references:
        return fetched, []
    try:
        provider = SecretFields.from_url(url)
    except errors.BadConfiguration:
        return fetched, []  # told once, with the other adapters
    # A loop of its own: a worker process loads its settings inside a running one.
    with ThreadPoolExecutor(1) as pool:
        resolution = _resolve(provider, references, fetched)
        problems = pool.submit(asyncio.run, resolution).result()
    return fetched, problems


async def _resolve(
    provider: SecretProvider, references: Mapping[str, str], fetched: _Fetched
) -> list[str]:
    problems = []

    async def resolve(setting: str, name: str) -> None:
        variable = setting.upper()
        try:
            if setting == JWT_SECRET:
                versions = await provider.versions(name)
            else:
                versions = [await provider.newest(name)]
            fetched.found[setting] = FoundSecret(name, versions)
            fetched.values[setting] = versions[0].value
        except errors.SecretsUnavailable as error:
            fetched.away[variable] = f"{variable}: {error}"
        except errors.OperationError as error:
            problems.append(f"{variable}: {error}")

    # Side by side: of several that get no answer, none waits for another.
    async with aclosing(provider):
        await asyncio.gather(*(resolve(*it) for it in references.items()))
    return problems


def _validated(values: dict[str, Any]) -> tuple[Settings, list[str]]:
    """Return the settings, with defaults where a value is bad, and what is bad."""
    try:
        return Settings(**values), []
    except ValidationError as error:
        bad = {str(found["loc"][0]): found for found in error.errors()}
    problems = [
        f"{field.upper()}: {_advice(found['type'], found['msg'], values[field])}"
        for field, found in bad.items()
    ]
    return Settings(**values | {field: _default(field) for field in bad}), problems


def _advice(kind: str, message: str, value: object) -> str:
    if isinstance(value, str) and LINK.match(value):
        return (
            "Kubernetes has set this for a Service of that name; write it in the pod's"
            " own env, or enableServiceLinks: false"
        )
    return WRITE.get(kind) or message.removeprefix("Value error, ")


def _default(field: str) -> Any:  # noqa: ANN401 - of any type
    return Settings.model_fields[field].default


def _combined_problems(settings: Settings) -> list[str]:
    """Return what is wrong between settings that are each well-formed."""
    problems = adapters.problems(settings) + key_problems(settings)
    problems += mail_problems(settings) + stray_problems(settings)
    if settings.in_production:
        problems += production_problems(settings)
    return problems


def _development_secret(data_dir: Path) -> str:
    """Return the secret kept in the data directory, made at the first start."""
    kept = data_dir / "jwt-secret"
    try:
        if not kept.exists():  # else nothing has to be written
            make_directory(data_dir)
            _keep(kept, secrets.token_hex(64))
        narrow(kept)
        return kept.read_text(encoding="ascii")
    except OSError as error:
        raise errors.BadConfiguration(
            [f"DATA_DIR: {error.strerror} ({error.filename}); name one we may write to"]
        ) from error


def _keep(file: Path, secret: str) -> None:
    """Write it whole or not at all; the first of several processes wins."""
    draft = file.with_name(f".{file.name}-{secrets.token_hex(8)}")
    draft.touch(mode=0o600)
    try:
        draft.write_text(secret, encoding="ascii")
        with suppress(FileExistsError):
            os.link(draft, file)
    finally:
        draft.unlink()


def _close_to_others(data_dir: Path) -> None:
    """Take a data directory from others, unless more than ours is in it."""
    with suppress(OSError):  # whoever needs it says what is wrong with it
        entries = [*data_dir.iterdir()]
        if all(entry.is_file() or entry.name == MAILBOX for entry in entries):
            narrow(data_dir)
