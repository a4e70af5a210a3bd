"""What the commands have in common: settings, an open storage, and a way to fail."""

from __future__ import annotations

import asyncio
import getpass
import logging
import os
import socket
import sys
import traceback
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING, TypeVar

import typer

from core import errors
from core.model import Client
from core.redaction import redacted

if TYPE_CHECKING:  # what takes long to import, and not every command needs
    from config.container import Container
    from config.settings import Settings
    from core.ports import Storage

T = TypeVar("T")


class Exit(IntEnum):
    """How a command ends that fails."""

    FAILED = 1
    USAGE = 2
    """The command line can't be read, or lacks what nobody is there to be asked for."""

    AWAY = 69
    """What is needed does not answer: try again (EX_UNAVAILABLE in sysexits.h)."""

    CONFIGURATION = 78
    """An operator has to change something first (EX_CONFIG)."""


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


@contextmanager
def tell_no_credentials() -> Iterator[None]:
    """Let neither a bug's traceback nor what libraries log show who logs in by a URL."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    try:
        yield
    except Exception:  # noqa: BLE001 - whatever it is
        typer.echo(redacted(traceback.format_exc()), err=True)
        sys.exit(Exit.FAILED)


def wired() -> Container:
    """Return everything by the settings, or exit and say what is wrong with them."""
    settings = configured()
    from config.container import container_of  # noqa: PLC0415 - as above

    return container_of(settings)


def configured() -> Settings:
    """Return the settings, or exit and say everything that is wrong with them."""
    from config.loading import load_settings  # noqa: PLC0415 - as above

    try:
        return load_settings()
    except errors.BadConfiguration as bad:
        told = "The configuration can't work:"
        raise failure(told, *bad.problems, code=Exit.CONFIGURATION) from None
    except errors.SecretsUnavailable as away:
        raise failed(away) from None


def failure(*lines: str, code: Exit = Exit.FAILED) -> typer.Exit:
    """Say what is wrong; return how to exit."""
    for line in lines:
        typer.echo(redacted(line), err=True)
    return typer.Exit(code)


def failed(error: errors.AuthError | errors.OperationError) -> typer.Exit:
    """Do the same for an error."""
    return failure(reason(error), code=code_of(error))


def code_of(error: errors.AuthError | errors.OperationError) -> Exit:
    """Return how a command ends that an error stops."""
    away = errors.Unavailable, errors.SecretsUnavailable, errors.MailUnavailable
    wrong = (
        errors.BadConfiguration,
        errors.SecretNotFound,
        errors.SecretDenied,
        errors.MailRefused,
    )
    if isinstance(error, away):
        return Exit.AWAY
    return Exit.CONFIGURATION if isinstance(error, wrong) else Exit.FAILED


def run(storage: Storage, work: Callable[[], Awaitable[T]]) -> T:
    """Return what is done with the open storage, or exit and say why it can't be."""
    try:
        return run_or_raise(storage, work)
    except (errors.AuthError, errors.OperationError) as error:
        raise failed(error) from None


def run_or_raise(
    storage: Storage, work: Callable[[], Awaitable[T]], *, create: bool = True
) -> T:
    """Do the same for a caller who can go on without."""

    async def with_open() -> T:
        try:
            await storage.open(create=create)
            return await work()
        finally:
            await storage.aclose()

    return asyncio.run(with_open())


def reason(error: errors.AuthError | errors.OperationError) -> str:
    """Return what an operator is told of an error."""
    return error.reason if isinstance(error, errors.Unavailable) else str(error)


def operator() -> Client:
    """Return who runs this command, as far as this machine tells: it, and a log-in there."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        name = str(os.getuid())
    return Client(address=socket.gethostname(), label=name)
