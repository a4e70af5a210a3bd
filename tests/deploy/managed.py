"""PostgreSQL and Redis as clouds manage them: TLS by an authority, a password, one database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from tests.http.api import Api
from tests.servers.certificates import LocalAuthority
from tests.servers.postgres import PostgresServer
from tests.servers.service import Service
from tests.servers.tls_front import TlsFront
from tests.servers.valkey import ValkeyServer

DATABASE_PASSWORD = "Zq3vT8mKx2LwP9dRn5YcHb7JfGs4AeUo6iVtXy1W"


@dataclass(frozen=True)
class Managed:
    """Where they listen."""

    database_port: int
    cache_port: int


@contextmanager
def managed(
    authority: LocalAuthority, *names: str, cache_password: str
) -> Iterator[Managed]:
    """Yield both, certified under these names; the database is empty, and ``scribes``'s."""
    database = PostgresServer(
        ssl="on", ssl_cert_file="../server.pem", ssl_key_file="../server.key"
    )
    cache = ValkeyServer(password=cache_password)
    try:
        _certify(database, authority, *names)
        _provide(database.start())
        certificate = authority.server_context(*names)
        with TlsFront(cache.start().port, certificate) as front:
            yield Managed(database.port, front.port)
    finally:
        cache.stop()
        database.stop()


def _certify(server: PostgresServer, authority: LocalAuthority, *names: str) -> None:
    files = ("server.pem", "server.key")
    for name, content in zip(files, authority.server_files(*names), strict=True):
        file = server.directory / name
        file.write_bytes(content)
        file.chmod(0o600)
        if server.owner is not None:
            server.owner.give(file)


def _provide(server: PostgresServer) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE ROLE scribes LOGIN PASSWORD {}").format(DATABASE_PASSWORD)
        )
        connection.execute("CREATE DATABASE scribes OWNER scribes")


def serves_a_log_in(service: Service, *migrate: str) -> None:
    """Migrate as a template does, start, and log somebody in, on both servers."""
    migrated = service.run(*migrate)
    assert 0 == migrated.returncode, migrated.stderr
    service.start()
    with service.client() as client:
        assert Api(client).session()["access_token"]
        health = client.get("/health").json()
    assert ("connected", "connected") == (health["database"], health["redis"])
