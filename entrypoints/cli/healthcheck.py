"""The command line: `scribes-auth healthcheck`, for containers."""

import json
from functools import partial
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Annotated, Any, TypeAlias

import typer

from core import errors
from entrypoints.cli.console import Exit, failed, failure
from entrypoints.cli.output import harmless, tell

EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - nothing listens here
"""All addresses, the loopback's among them: IPv4's, since `::` takes that, too."""

LOOPBACK = "127.0.0.1"
DISCONNECTED = "disconnected"
LONGEST_ANSWER = 65536

JsonObject: TypeAlias = dict[str, Any]


def healthcheck(
    host: Annotated[str | None, typer.Option(help="HOST")] = None,
    port: Annotated[int | None, typer.Option(help="PORT", min=1, max=65535)] = None,
    timeout: Annotated[float, typer.Option(help="In seconds", min=0.01, max=60)] = 3,
) -> None:
    """Ask the service on this machine whether it is ready."""
    try:
        host, port = _asked(host, port)
    except errors.BadConfiguration as bad:
        raise failed(bad) from None
    ask = partial(_answer, host, port, timeout)
    where = f"{host}:{port}"
    try:
        status, told = ask("/readyz")
        lacks = [] if status == HTTPStatus.OK else _lacks(ask("/health")[1])
    except (OSError, HTTPException) as error:
        said = str(error) or type(error).__name__
        told_away = harmless(f"Nothing that we know answers on {where}: {said}")
        raise failure(told_away, code=Exit.AWAY) from None
    if status != HTTPStatus.OK:
        problem = told.get("detail") or f"it answers {status}"
        raise failure(harmless(" ".join([f"Not ready: {problem}", *lacks])))
    without = ", ".join(map(str, told.get("missing") or ()))
    tell(f"Ready, without {without}." if without else "Ready.")


def _asked(host: str | None, port: int | None) -> tuple[str, int]:
    """Return where to ask; raises BadConfiguration."""
    if host is None or port is None:
        # Here, and no other setting: their secrets may be far away.
        from config.listening import UNKNOWN, listening  # noqa: PLC0415

        its_host, its_port = listening()
        host, port = host or its_host, port or its_port
        if port == 0:
            raise errors.BadConfiguration([UNKNOWN])
    return (LOOPBACK if host in EVERYWHERE else host), port


def _answer(host: str, port: int, timeout: float, path: str) -> tuple[int, JsonObject]:
    """Return the status and the JSON of an answer; raises OSError, HTTPException."""
    connection = HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, _object(answer.read(LONGEST_ANSWER))
    finally:
        connection.close()


def _object(body: bytes) -> JsonObject:
    """Return a JSON object, an empty one for what is none."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _lacks(health: JsonObject) -> list[str]:
    """Return what is away, as a sentence."""
    away = [name for name in ("database", "redis") if health.get(name) == DISCONNECTED]
    return [f"({' and '.join(away)} {DISCONNECTED})"] if away else []
