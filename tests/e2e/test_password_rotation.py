import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from tests.adapters.postgres_world import console, fresh_schema
from tests.e2e.traffic import Traffic, traffic
from tests.http.api import Api
from tests.http.post_office import post_office
from tests.servers.existing import ExistingServer
from tests.servers.postgres import PostgresServer
from tests.servers.service import Service, together, wait_for
from tests.servers.valkey import ValkeyServer

REFRESH = {"SECRETS_REFRESH_SECONDS": "1"}
STRANGER = {"email": "nobody@example.com", "password": "x"}
IN_FORCE = "Secret changed and in force"
NOT_RENEWED = "Secret not renewed"
A_WHILE = 2.0
"""Seconds of traffic after a change, in which a late failure would show."""


class Vault:
    """Secrets in files, as a platform mounts them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir()
        self.put("jwt-secret", secrets.token_hex(32))

    @property
    def settings(self) -> dict[str, str]:
        return {"SECRETS_URL": f"file://{self.directory}", **REFRESH}

    def put(self, name: str, value: str) -> None:
        draft = self.directory / ".draft"
        draft.write_text(value)
        draft.rename(self.directory / name)


class Roles:
    """Two roles of a Postgres schema; the second has every right of the first."""

    def __init__(self, url: str) -> None:
        self.url = url
        parts = urlsplit(url)
        self.schema = parts.query.rpartition("%3D")[2]
        self.first, self.second = (f"role_{secrets.token_hex(6)}" for _ in "ab")
        with console(url) as operator:
            for role in (self.first, self.second):
                operator.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'one'")
            operator.execute(f"GRANT ALL ON SCHEMA {self.schema} TO {self.first}")
            operator.execute(f"GRANT {self.first} TO {self.second}")

    def login(self, role: str, password: str) -> str:
        parts = urlsplit(self.url)
        netloc = f"{role}:{password}@{parts.hostname}:{parts.port}"
        return parts._replace(netloc=netloc).geturl()

    def connections(self, role: str) -> int:
        with console(self.url) as operator:
            query = "SELECT count(*) FROM pg_stat_activity WHERE usename = %s"
            (count,) = operator.execute(query, [role]).fetchone() or (0,)
        return int(count)

    def revoke(self, role: str) -> None:
        with console(self.url) as operator:
            operator.execute(f"ALTER ROLE {role} NOLOGIN")

    def drop(self) -> None:
        with console(self.url) as operator:
            for role in (self.first, self.second):
                operator.execute(f"DROP OWNED BY {role} CASCADE")
            operator.execute(f"DROP ROLE {self.second}, {self.first}")


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "secrets")


@pytest.fixture
def roles(postgres_server: PostgresServer | ExistingServer) -> Iterator[Roles]:
    with fresh_schema(postgres_server.url) as url:
        roles = Roles(url)
        yield roles
        roles.drop()


@pytest.fixture
def replicas(tmp_path: Path, vault: Vault, roles: Roles) -> Iterator[list[Service]]:
    vault.put("database-url", roles.login(roles.first, "one"))
    settings = vault.settings | {"DATABASE_URL": "secret:database-url"}
    directories = [tmp_path / name for name in "ab"]
    for directory in directories:
        directory.mkdir()
    with together(*(Service(it, **settings) for it in directories)) as services:
        yield services


async def test_a_role_is_replaced_and_revoked_without_a_failed_request(
    replicas: list[Service], vault: Vault, roles: Roles
) -> None:
    async with traffic(replicas) as busy:
        await busy.until(lambda: busy.answered > 50)

        vault.put("database-url", roles.login(roles.second, "one"))
        await gone(busy, roles, roles.first)
        roles.revoke(roles.first)
        await asyncio.sleep(A_WHILE)

    assert [] == busy.failures
    assert 0 < roles.connections(roles.second)
    for service in replicas:
        assert IN_FORCE in service.output


async def test_a_password_is_changed_at_the_server_first_without_a_failed_request(
    replicas: list[Service], vault: Vault, roles: Roles
) -> None:
    async with traffic(replicas) as busy:
        await busy.until(lambda: busy.answered > 50)

        with console(roles.url) as operator:
            operator.execute(f"ALTER ROLE {roles.first} PASSWORD 'two'")
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(roles.login(roles.first, "one"))
        await asyncio.sleep(A_WHILE)  # connections that are open go on
        vault.put("database-url", roles.login(roles.first, "two"))
        for service in replicas:
            await busy.until(lambda: IN_FORCE in service.output)  # noqa: B023 - at once
        await asyncio.sleep(A_WHILE)

    assert [] == busy.failures


async def test_a_url_that_does_not_work_changes_nothing_until_it_does(
    replicas: list[Service], vault: Vault, roles: Roles
) -> None:
    async with traffic(replicas) as busy:
        await busy.until(lambda: busy.answered > 50)

        vault.put("database-url", roles.login(roles.second, "wrong"))
        for service in replicas:
            await busy.until(lambda: NOT_RENEWED in service.output)  # noqa: B023 - at once
        await asyncio.sleep(A_WHILE)
        vault.put("database-url", roles.login(roles.second, "one"))
        await gone(busy, roles, roles.first)

    assert [] == busy.failures
    for service in replicas:
        with service.client() as client:
            assert "ready" == client.get("/readyz").json()["status"]
        assert "wrong" not in service.output


def test_the_password_of_redis_is_replaced(tmp_path: Path, vault: Vault) -> None:
    server = ValkeyServer(password="one").start()
    vault.put("redis-url", server.url)
    settings = {"REDIS_URL": "secret:redis-url", "RATE_LIMIT_ENABLED": "true"}
    try:
        with (
            Service(tmp_path, **vault.settings, **settings) as service,
            service.client() as client,
        ):
            before = client.post("/auth/login", json=STRANGER)

            with redis.Redis.from_url(server.url) as operator:
                operator.config_set("requirepass", "two")
            vault.put("redis-url", server.url.replace(":one@", ":two@"))
            wait_for(lambda: IN_FORCE in service.output, "the new password")
            after = client.post("/auth/login", json=STRANGER)

            assert "connected" == client.get("/health").json()["redis"]
    finally:
        server.stop()

    assert [401, 401] == [before.status_code, after.status_code]
    for answer, remaining in ((before, 4), (after, 3)):
        assert f";r={remaining};" in answer.headers["RateLimit"]


def test_the_password_of_the_mail_server_is_replaced(
    tmp_path: Path, vault: Vault
) -> None:
    with post_office(tmp_path) as office:
        vault.put("smtp-password", office.server.password)
        settings = vault.settings | office.settings
        settings["SMTP_PASSWORD"] = "secret:smtp-password"
        with Service(tmp_path, **settings) as service, service.client() as client:
            office.mailed_token(Api(client).newcomer().email, "confirm")

            office.server.password = "another"
            vault.put("smtp-password", "another")
            wait_for(lambda: IN_FORCE in service.output, "the new password")

            assert office.mailed_token(Api(client).newcomer().email, "confirm")


async def gone(busy: Traffic, roles: Roles, role: str) -> None:
    await busy.until(lambda: not roles.connections(role))
