"""From the environment, `.env` and the secrets backend to settings that can work."""

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from adapters.private_files import make_directory, narrow
from config import adapters, sources
from config.adapters import MAILBOX
from config.jwt_keys import key_problems, key_warnings
from config.mail import mail_problems, mail_warnings
from config.production import production_problems, production_warnings
from config.secret_references import fetch
from config.settings import Settings
from config.strays import stray_problems, stray_warnings
from core import errors

LINK = re.compile(r"(tcp|udp|sctp)://[\d.a-f:\[\]]+:\d+")
WRITE = {
    "bool_parsing": "write true or false",
    "int_parsing": "write a whole number",
    "int_from_float": "write a whole number",
    "float_parsing": "write a number",
}
SURROGATES = re.compile("[\ud800-\udfff]")
"""What the environment holds beside UTF-8 arrives as halves of such pairs."""


def load_settings() -> Settings:
    """
    Return the settings; raises BadConfiguration that names everything wrong at once.

    Raises SecretsUnavailable if nothing is wrong but that secrets got no answer.
    """
    raw, unreadable = _read()
    fetched = fetch(raw)
    settings, more = _validated({**raw, **fetched.values})
    settings = settings.with_secrets_found(fetched.found)
    told = unreadable + fetched.problems + more
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
    if settings.has_cognito:
        # The pool signs; what is signed here lasts no longer than the process.
        return settings.with_jwt_secret(secrets.token_hex(64))
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
    raw: dict[str, Any] = {
        name.lower(): value
        for name, value in sources.written().items()
        if name.lower() in Settings.model_fields
    }
    garbled = [field for field, value in raw.items() if SURROGATES.search(value)]
    raw.update({field: Settings.default_of(field) for field in garbled})
    return raw, [f"{field.upper()}: {sources.NO_TEXT}" for field in garbled]


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
    defaults = {field: Settings.default_of(field) for field in bad}
    return Settings(**values | defaults), problems


def _advice(kind: str, message: str, value: object) -> str:
    if isinstance(value, str) and LINK.match(value):
        return (
            "Kubernetes has set this for a Service of that name; write it in the pod's"
            " own env, or enableServiceLinks: false"
        )
    return WRITE.get(kind) or message.removeprefix("Value error, ")


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
