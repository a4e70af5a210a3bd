"""What the tests of the Postgres storage have in common."""

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest

from adapters.storage.postgres import PostgresStorage
from core.errors import Unavailable
from core.model import EndReason, Purpose
from tests.contract.storage_records import (
    NOW,
    a_password,
    a_session,
    a_token,
    a_user,
    history,
    log_in,
    new_id,
)
from tests.servers.chaos_proxy import ChaosProxy
from tests.servers.postgres import PostgresServer, with_option

LIMIT = 2.5
"""Seconds after which nobody may still wait."""

LOCK_USERS = "BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE"


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[PostgresStorage]:
    """Yield an open storage with all its tables."""
    storage = PostgresStorage.from_url(url)
    await storage.migrate()
    await storage.open()
    try:
        yield storage
    finally:
        await storage.aclose()


@asynccontextmanager
async def opened_patiently(url: str) -> AsyncIterator[PostgresStorage]:
    """Yield one for what is not about time: on a busy machine the server may be late."""
    storage = PostgresStorage.from_url(with_option(url, "statement_timeout", "30s"))
    storage.database.queue = storage.database.patience = 30
    async with aclosing(storage):
        await storage.open()
        yield storage


@contextmanager
def console(url: str) -> Iterator[psycopg.Connection]:
    """Yield a connection beside the adapter's, as an operator has one."""
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@contextmanager
def fresh_schema(server: str) -> Iterator[str]:
    """Yield a URL that leads to nothing but an empty schema of the caller's own."""
    name = f"test_{uuid4().hex}"
    with console(server) as operator:
        operator.execute(f"CREATE SCHEMA {name}")
    yield with_option(server, "search_path", name)
    with console(server) as operator:
        operator.execute(f"DROP SCHEMA {name} CASCADE")


def run_client(
    server: PostgresServer, program: str, *arguments: str, give: str = ""
) -> str:
    """Return what one of the server's own programs says."""
    done = subprocess.run(
        [server.binaries / program, *arguments],
        input=give,
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    return done.stdout


@asynccontextmanager
async def proxy_before(url: str) -> AsyncIterator[tuple[ChaosProxy, str]]:
    """Yield a proxy before the server of this URL, and the URL that leads through it."""
    parts = urlsplit(url)
    login, _, _ = parts.netloc.rpartition("@")
    assert parts.hostname
    assert parts.port
    async with ChaosProxy(parts.hostname, parts.port) as proxy:
        netloc = f"{login}@{proxy.host}:{proxy.port}"
        yield proxy, parts._replace(netloc=netloc).geturl()


async def is_unavailable(call: Awaitable[object]) -> bool:
    """Tell whether the call said so in time; any other error is a test's failure."""
    begun = time.monotonic()
    try:
        await call
    except Unavailable:
        assert time.monotonic() - begun < LIMIT
        return True
    return False


async def is_back(storage: PostgresStorage, seconds: float = 10) -> None:
    """Wait until the storage answers again, by itself."""
    deadline = time.monotonic() + seconds
    while await is_unavailable(storage.ping()):
        if time.monotonic() > deadline:
            pytest.fail(f"not back within {seconds} seconds")
        await asyncio.sleep(0.05)


def every_call(storage: PostgresStorage) -> list[Callable[[], Awaitable[object]]]:
    """Return one of each kind: none gets through while the server is away."""
    user = a_user(new_id())
    reason = EndReason.LOGGED_OUT
    return [
        lambda: storage.users.add(user, a_password(), token=None, events=[]),
        lambda: storage.users.get(1),
        lambda: storage.users.verify_email(new_id(), at=NOW, events=[]),
        lambda: storage.users.remove_unverified(new_id(), at=NOW, events=[]),
        lambda: storage.users.reset_password(
            new_id(), purpose=Purpose.RESET_PASSWORD, new_hash="", at=NOW, events=[]
        ),
        lambda: storage.sessions.identities([new_id()]),
        lambda: log_in(storage, user),
        lambda: storage.sessions.advance(a_session(user), events=[]),
        lambda: storage.sessions.end_all(1, at=NOW, reason=reason, events=[]),
        lambda: storage.tokens.issue(a_token(1), events=[]),
        lambda: storage.events.claim(at=NOW, lease=timedelta(1), limit=1),
        lambda: history(storage),
        storage.ping,
        storage.pending,
    ]
