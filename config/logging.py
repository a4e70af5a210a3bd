"""Logs by structlog: for people in development, JSON in production; also to a file."""

import logging
import logging.handlers
import os
import re
import sys
import time
from collections.abc import Mapping, MutableMapping
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from config.unimported import without

with without("rich"):  # nothing of it is used here, and it takes longer than all else
    import structlog

from adapters.private_files import make_directory, open_private
from config.adapters import log_processors
from config.log_context import with_request
from config.log_schema import by_schema
from config.settings import Settings
from core import errors
from core.redaction import redacted

SECRET_KEYS = re.compile(r"passw|secret|token$|authorization|cookie", re.IGNORECASE)
JWT = re.compile(r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]*")
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
"""What moves a terminal's cursor or colours it; ends of lines stand in tracebacks, too."""

REPEATED = ("method", "path", "route", "status")
NOISY = {
    "asyncio": logging.INFO,
    "uvicorn": logging.INFO,
    "mail.log": logging.INFO,
    "pymongo": logging.INFO,
    "azure": logging.WARNING,  # tells of every request
    "botocore": logging.INFO,  # tells secrets
    "google": logging.INFO,
    "msal": logging.INFO,
    "opentelemetry": logging.ERROR,  # warns of every try while no collector answers
    "psycopg": logging.WARNING,  # tells of every connection it hands out
    "urllib3": logging.INFO,  # tells paths, in which some collectors want their token
}
"""Libraries that would say what nobody may, or wants to, read; and from where on they may."""

REPEATING = ("psycopg.pool", "opentelemetry.")
"""Libraries that say the same of each of their tries, some a second, while a server is away."""

UNWRITABLE = "backslashreplace"
"""What becomes of a character that has no bytes: else the whole line is lost."""

PAUSE = 60.0
"""Seconds between two lines of the same kind of theirs."""


def configure_logging(settings: Settings) -> None:
    """Send every log line of this process through one formatter; raises BadConfiguration."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors=UNWRITABLE)
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stdout)]
    if settings.log_file is not None:
        handlers.append(_file_handler(settings.log_file))
    for handler in handlers:
        handler.setFormatter(_formatter(settings))
        handler.addFilter(Seldom())
    logging.basicConfig(level=settings.log_level, handlers=handlers, force=True)
    logging.captureWarnings(capture=True)
    for name, level in NOISY.items():
        logging.getLogger(name).setLevel(max(level, logging.root.level))


class Seldom(logging.Filter):
    """Lets a line of a library that repeats itself pass once in a while."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(REPEATING):
            return True
        kind, now = (record.name, str(record.msg)), time.monotonic()
        if now < self._told.get(kind, -PAUSE) + PAUSE:
            return False
        self._told[kind] = now
        return True


class PrivateFileHandler(logging.handlers.WatchedFileHandler):
    """Opens the file anew after logrotate has moved it; only its owner may read it."""

    def _open(self) -> TextIOWrapper:
        descriptor = open_private(self.baseFilename)
        return os.fdopen(descriptor, "a", encoding="utf-8", errors=UNWRITABLE)


def _file_handler(file: Path) -> logging.Handler:
    try:
        make_directory(file.parent)
        return PrivateFileHandler(file)
    except OSError as error:
        raise errors.BadConfiguration(
            [f"LOG_FILE: {error.strerror} ({file}); name one we may write to"]
        ) from error


def _formatter(settings: Settings) -> logging.Formatter:
    as_json = (settings.log_format or _format_of(settings.app_env)) == "json"
    plain = structlog.dev.ConsoleRenderer(
        colors=False,
        # Never the rich one: it prints local variables, passwords among them.
        exception_formatter=structlog.dev.plain_traceback,
    )
    renderer = structlog.processors.JSONRenderer() if as_json else plain
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            with_request,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *log_processors(settings),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _without_colours,
            structlog.processors.format_exc_info,
            _without_secrets,
            *([by_schema] if as_json else [_without_repeats, _without_controls]),
            renderer,
        ],
    )


def _format_of(app_env: str) -> str:
    return "json" if app_env == "production" else "console"


def _without_colours(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    event.pop("color_message", None)  # uvicorn says everything twice
    return event


def _without_repeats(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Leave out, for people, what the line of a request says already."""
    if "duration_ms" in event:
        for name in REPEATED:
            event.pop(name, None)
    return event


def _without_controls(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Write out, for people, what their terminal would obey; JSON does so by itself."""
    return {
        key: CONTROLS.sub(_written_out, value) if isinstance(value, str) else value
        for key, value in event.items()
    }


def _written_out(control: re.Match[str]) -> str:
    return control[0].encode("unicode_escape").decode()


def _without_secrets(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Blank what should not have been logged in the first place: the last line of defence."""
    return {key: _blanked(key, value) for key, value in event.items()}


def _blanked(key: object, value: Any) -> Any:  # noqa: ANN401 - of any type
    if SECRET_KEYS.search(str(key)):
        return "***"
    if isinstance(value, str):
        return _without_tokens(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {name: _blanked(name, inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_blanked("", inner) for inner in value]
    # As the renderers write what they don't know.
    return _without_tokens(repr(value))


def _without_tokens(text: str) -> str:
    return redacted(JWT.sub("***", text))
