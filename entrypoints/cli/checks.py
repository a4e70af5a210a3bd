"""What `scribes-auth check --connect` asks of everything that the service needs."""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from threading import Thread
from typing import TypeAlias

from config.container import Container
from config.settings import Settings
from core import errors
from core.model import Attempt, Backoff, Limit, Trial
from core.operations.schema import demand_schema
from core.ports import RateLimiter, Storage
from entrypoints.cli.console import Exit, code_of, reason
from entrypoints.http.wire import sockets

Check: TypeAlias = Callable[[Container], Awaitable[str]]
"""Returns what is well; raises what is not, with what to do."""

CLOSING_SECONDS = 0.5
"""Seconds to close what was opened, before the program ends without that."""

SECOND = timedelta(seconds=1)
PROBE = Trial("scribes-auth check", "scribes-auth check")
LIMIT = Limit("check", 1000, SECOND)
BACKOFF = Backoff(memory=SECOND, trust=SECOND)

REACH = "check the address, and the network between"

REDIS_OPERATORS = re.compile("NOPERM|NOAUTH|WRONGPASS|invalid username|permissions")
"""What Redis says of a user until an operator mends something."""


@dataclass(frozen=True, slots=True)
class Finding:
    """How one thing is: ``code`` is None where all is well."""

    what: str
    told: str
    code: Exit | None = None

    @property
    def line(self) -> str:
        told = " ".join(self.told.split())  # drivers write several
        if told.startswith("HOST"):  # which the port's check is about, too
            return told
        told = told.removeprefix(f"{self.what}: ")
        return f"{self.what}: {told if self.code else f'OK, {told}'}"


def look(container: Container, seconds: float) -> tuple[list[Finding], bool]:
    """
    Ask everything at once; also return whether something still hangs that can't be stopped.

    Whatever gives no answer within these seconds counts as away.
    """
    found: Future[list[Finding]] = Future()
    # Of a thread's own: a look at the DNS or a locked file can't be called off.
    thread = Thread(
        target=lambda: asyncio.run(_look(container, seconds, found)), daemon=True
    )
    thread.start()
    findings = found.result()
    thread.join(CLOSING_SECONDS)
    return findings, thread.is_alive()


async def _look(
    container: Container, seconds: float, found: Future[list[Finding]]
) -> None:
    tasks = {
        what: asyncio.create_task(_finding(what, check, container))
        for what, check in CHECKS.items()
    }
    await asyncio.wait(tasks.values(), timeout=seconds)
    late = f"no answer within {seconds:.0f} seconds; {REACH}"
    found.set_result(
        [
            task.result() if task.done() else Finding(what, late, Exit.AWAY)
            for what, task in tasks.items()
        ]
    )
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)


async def _finding(what: str, check: Check, container: Container) -> Finding:
    try:
        return Finding(what, await check(container))
    except (errors.AuthError, errors.OperationError) as error:
        code, told = code_of(error), reason(error)
        advised = code is not Exit.AWAY or "check " in told or "try" in told
        return Finding(what, told if advised else f"{told}; {REACH}", code)
    except Exception as bug:  # noqa: BLE001 - the others are to be told, too
        return Finding(what, f"{type(bug).__name__}: {bug}", Exit.FAILED)


async def _storage(container: Container) -> str:
    storage, settings = container.storage(), container.settings()
    try:
        return await _stored(storage, settings)
    finally:
        with suppress(errors.Unavailable):
            await storage.aclose()


async def _stored(storage: Storage, settings: Settings) -> str:
    try:
        await storage.open(create=False)
        await demand_schema(storage)
    except errors.NothingStored as nothing:
        return _to_prepare(str(nothing), settings)
    except errors.SchemaBehind as behind:
        return _to_prepare(behind.pending, settings)
    await storage.ping()
    if missing := await storage.missing_rights():
        raise errors.BadConfiguration([f"grant its user {', '.join(missing)}"])
    return "reached, its schema is up to date, and every right is there"


def _to_prepare(what: str, settings: Settings) -> str:
    if not settings.migrates_itself:
        raise errors.BadConfiguration([f"run `scribes-auth migrate`: {what}"])
    return f"and `serve` will prepare it: {what}"


async def _redis(container: Container) -> str:
    if container.settings().redis_url is None:
        return "not set: limits are counted in each process"
    limiter = container.shared_limiter()
    try:
        await _count(limiter)
    except errors.Unavailable as error:
        if REDIS_OPERATORS.search(error.reason):
            told = f"{error.reason}; mend its user with ACL SETUSER, or the URL"
            raise errors.BadConfiguration([told]) from None
        raise
    finally:
        await limiter.aclose()
    return "reached, and it may do all that counting takes"


async def _count(limiter: RateLimiter) -> None:
    """Do everything once that requests do, with what expires within a second."""
    await limiter.ping()
    await limiter.hit([Attempt(LIMIT, PROBE.address)])
    await limiter.begin(PROBE, BACKOFF)
    await limiter.settle(PROBE, BACKOFF, proven=True)


async def _mail(container: Container) -> str:
    settings = container.settings()
    await container.mailer().ping()
    if settings.smtp_host is None:
        return f"not set: mails go to {settings.data_dir}/mailbox, which can be written"
    who = f"logged in as {settings.smtp_user}" if settings.smtp_user else "no log-in"
    return f"reached, {who}; no mail was sent"


async def _secrets(container: Container) -> str:
    found = container.settings().secrets_found
    if not found:
        return "no setting refers to a secret"
    return "read " + ", ".join(sorted(it.secret.name for it in found.values()))


async def _port(container: Container) -> str:
    settings = container.settings()
    await asyncio.to_thread(_listen, settings.host, settings.port)
    return f"{settings.host}:{settings.port} is free"


def _listen(host: str, port: int) -> None:
    listeners = sockets.bound(host, port)
    sockets.listen(listeners)
    for each in listeners:
        each.close()


async def _log_file(container: Container) -> str:
    file = container.settings().log_file
    if file is None:
        return "not set: the log goes to standard output alone"
    there = next(it for it in (file, *file.absolute().parents) if it.exists())
    fits = not file.is_dir() if there == file else there.is_dir()
    if not fits or not os.access(there, os.W_OK):
        raise errors.BadConfiguration([f"can't write {file}; name one we may write to"])
    return f"{file} can be written"


CHECKS: Mapping[str, Check] = {
    "DATABASE_URL": _storage,
    "REDIS_URL": _redis,
    "SMTP_HOST": _mail,
    "SECRETS_URL": _secrets,
    "PORT": _port,
    "LOG_FILE": _log_file,
}
"""By the variable that says where it is."""
