import asyncio
import socket
import sqlite3
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from tests.adapters.postgres_world import fresh_schema
from tests.servers import LOOPBACK
from tests.servers.black_hole import black_hole
from tests.servers.existing import ExistingServer
from tests.servers.postgres import PostgresServer
from tests.servers.processes import free_port
from tests.servers.service import Service
from tests.servers.smtp_server import Offer, SmtpServer
from tests.servers.valkey import ValkeyServer, with_prefix

CONFIGURATION, AWAY = 78, 69
LONGEST = 10.0
WHAT = ("DATABASE_URL", "REDIS_URL", "SMTP_HOST", "SECRETS_URL", "PORT", "LOG_FILE")


class Console:
    """Runs checks, and reads them."""

    def __init__(self, directory: Path) -> None:
        self.service = Service(directory)

    async def check(self, **settings: str) -> tuple[int, dict[str, str]]:
        """Return the exit code, and what is told of each thing."""
        self.service.settings |= settings
        done = await asyncio.to_thread(self.service.run, "check", "--connect")
        assert "Traceback" not in done.stderr
        lines = done.stdout.splitlines()
        return done.returncode, dict(line.split(": ", 1) for line in lines[1:])


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(tmp_path)


@pytest.fixture
async def smtp() -> AsyncIterator[SmtpServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    async with SmtpServer(offer=Offer.NONE, certificate=context) as server:
        yield server


def mail_at(smtp: SmtpServer, password: str) -> dict[str, str]:
    return {
        "SMTP_HOST": LOOPBACK,
        "SMTP_PORT": str(smtp.port),
        "SMTP_TLS": "none",
        "SMTP_USER": "svc",
        "SMTP_PASSWORD": password,
    }


async def test_all_is_asked_and_nothing_is_left_behind(
    console: Console,
    postgres_server: PostgresServer | ExistingServer,
    redis_server: ValkeyServer | ExistingServer,
    smtp: SmtpServer,
) -> None:
    with fresh_schema(postgres_server.url) as url:
        settings = {"DATABASE_URL": url, "REDIS_URL": with_prefix(redis_server.url)}
        console.service.settings |= settings
        assert 0 == (await asyncio.to_thread(console.service.run, "migrate")).returncode

        code, told = await console.check(**mail_at(smtp, smtp.password))

        assert (0, WHAT) == (code, tuple(told))
        assert all(line.startswith("OK, ") for line in told.values())
        async with console.service.storage() as storage:
            assert [] == list(await storage.events.read(after=None, limit=9))
    assert [] == smtp.inbox


async def test_by_default_nothing_is_made(console: Console) -> None:
    code, told = await console.check()

    assert (0, WHAT) == (code, tuple(told))
    assert "`serve` will prepare it" in told["DATABASE_URL"]
    assert not (console.service.directory / "var" / "scribes.db").exists()


async def test_what_an_operator_has_to_mend_is_told_with_what_to_do(
    console: Console,
    postgres_server: PostgresServer | ExistingServer,
    own_redis: ValkeyServer,
    smtp: SmtpServer,
) -> None:
    own_redis.ask("ACL SETUSER svc on >pw ~{scribes}:* +set +evalsha +eval +get")
    redis = f"redis://svc:pw@{own_redis.host}:{own_redis.port}/0"
    with (
        fresh_schema(postgres_server.url) as url,
        psycopg.connect(url, autocommit=True) as operator,
        socket.socket() as other,
    ):
        other.bind((LOOPBACK, console.service.port))
        other.listen()
        console.service.settings["DATABASE_URL"] = url
        assert 0 == (await asyncio.to_thread(console.service.run, "migrate")).returncode
        role = f"role_{uuid4().hex}"
        limited(operator, role)
        try:
            lesser = f"{url}%20-crole%3D{role}"
            code, told = await console.check(
                DATABASE_URL=lesser, REDIS_URL=redis, **mail_at(smtp, "wrong")
            )
        finally:
            operator.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
            operator.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))

    assert CONFIGURATION == code
    assert "grant its user DELETE on sessions, UPDATE on users" in told["DATABASE_URL"]
    assert "permission" in told["REDIS_URL"].lower()
    assert "check SMTP_USER and SMTP_PASSWORD" in told["SMTP_HOST"]
    assert "choose another" in told["PORT"]
    assert told["SECRETS_URL"].startswith("OK, ")


def limited(operator: psycopg.Connection, role: str) -> None:
    """Make a role that lacks two rights."""
    name = sql.Identifier(role)
    (schema,) = operator.execute("SELECT current_schema()").fetchone() or ("",)
    place = sql.Identifier(schema)
    for statement in (
        "CREATE ROLE {role}",
        "GRANT USAGE ON SCHEMA {schema} TO {role}",
        "GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO {role}",
        "REVOKE DELETE ON sessions FROM {role}",
        "REVOKE UPDATE ON users FROM {role}",
    ):
        operator.execute(sql.SQL(statement).format(role=name, schema=place))


async def test_a_schema_that_is_behind_is_told(
    console: Console, postgres_server: PostgresServer | ExistingServer
) -> None:
    with fresh_schema(postgres_server.url) as url:
        code, told = await console.check(DATABASE_URL=url, AUTO_MIGRATE="false")

    assert CONFIGURATION == code
    assert "run `scribes-auth migrate`" in told["DATABASE_URL"]


@pytest.mark.alone
async def test_what_gives_no_answer_is_told_within_ten_seconds(
    console: Console,
) -> None:
    async with black_hole() as port:
        where = f"{LOOPBACK}:{port}"
        begun = time.monotonic()
        code, told = await console.check(
            DATABASE_URL=f"postgresql://user:hidden@{where}/x",
            REDIS_URL=f"redis://user:hidden@{where}",
            SMTP_HOST=LOOPBACK,
            SMTP_PORT=str(port),
        )
        took = time.monotonic() - begun

    assert AWAY == code
    away = {what for what, line in told.items() if not line.startswith("OK, ")}
    assert {"DATABASE_URL", "REDIS_URL", "SMTP_HOST"} == away
    assert "hidden" not in str(told)
    assert took < LONGEST


@pytest.mark.alone
async def test_a_file_that_another_process_has_locked_does_not_hold_it_up(
    console: Console,
) -> None:
    assert 0 == (await asyncio.to_thread(console.service.run, "migrate")).returncode
    file = console.service.directory / "var" / "scribes.db"
    begun = time.monotonic()
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        code, told = await console.check()

    assert AWAY == code
    assert told["DATABASE_URL"].startswith("no answer within")
    assert time.monotonic() - begun < LONGEST


async def test_the_plain_check_says_what_it_did_not_try(console: Console) -> None:
    done = await asyncio.to_thread(console.service.run, "check")

    good, not_tried = done.stdout.splitlines()
    assert (0, "The configuration is good.") == (done.returncode, good)
    for word in ("storage", "Redis", "mail server", "port", "check --connect"):
        assert word in not_tried


@pytest.mark.parametrize("file", ["/dev/null/app.log", "."])
async def test_a_log_that_cannot_be_written_is_told(
    console: Console, file: str
) -> None:
    code, told = await console.check(LOG_FILE=file)

    assert CONFIGURATION == code
    assert "name one we may write to" in told["LOG_FILE"]


@pytest.mark.parametrize("scheme", ["postgresql", "mongodb"])
async def test_a_storage_that_refuses_or_is_silent_is_told_with_what_to_do(
    console: Console, scheme: str
) -> None:
    async with black_hole() as silent:
        for port in (silent, free_port()):
            url = f"{scheme}://me:Hunter2@127.0.0.1:{port}/x"
            code, told = await console.check(DATABASE_URL=url)

            assert AWAY == code
            reason, _, advice = told["DATABASE_URL"].rpartition("; ")
            assert reason
            assert advice == "check the address, and the network between"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me@127.0.0.1:99999/x",
        "postgresql://me@127.0.0.1:1/x?sslmode=verify",
        "postgresql://me@127.0.0.1:1/x?service=nope",
        "mongodb://127.0.0.1:1/x?tls=true&tlsCertificateKeyFile=/nope",
    ],
)
def test_a_url_that_no_driver_can_read_is_the_operators(
    console: Console, url: str
) -> None:
    console.service.settings["DATABASE_URL"] = url

    done = console.service.run("migrate")

    assert CONFIGURATION == done.returncode
    assert "Traceback" not in done.stderr
