"""Empty databases of every kind, for services to run on."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any, TypeAlias
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from pymongo import MongoClient

from tests.adapters.postgres_world import fresh_schema
from tests.servers.existing import ExistingServer
from tests.servers.mongo import (
    PATIENT,
    MongoCompatibleServer,
    patient,
    with_database,
)
from tests.servers.pgbouncer import PgBouncer

Settings: TypeAlias = dict[str, str]
NewDatabase: TypeAlias = Callable[[], Settings]
"""Returns the settings that lead a service to a database which nobody has used."""

STORED_APART = ("sqlite", "postgres", "mongo")
"""Others can look into these while the service runs, and they outlive it."""

STORAGES = ("memory", *STORED_APART)

POOLED = {"pgbouncer-session": "session", "pgbouncer-transaction": "transaction"}
"""PostgreSQL behind PgBouncer, in each mode."""

EACH_TIME = "pgbouncer-transaction"
"""The mode in which something may get lost; the other is as PostgreSQL itself."""

ON_EVERY_STORAGE = pytest.mark.parametrize(
    "database",
    [
        *STORAGES,
        *(
            pytest.param(name, marks=[] if name == EACH_TIME else pytest.mark.soak)
            for name in POOLED
        ),
    ],
    indirect=True,
)
ON_WHAT_LASTS = pytest.mark.parametrize("database", STORED_APART, indirect=True)
ON_MEMORY = pytest.mark.parametrize("database", ["memory"], indirect=True)
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ON_SERVERS = pytest.mark.parametrize("database", ["postgres", "mongo"], indirect=True)


@contextmanager
def fresh_database(server: MongoCompatibleServer | ExistingServer) -> Iterator[str]:
    """Yield the URL of a database of the caller's own on a MongoDB server."""
    name = f"test_{uuid4().hex}"
    yield with_database(server.url, name)
    # A server of ours goes as a whole, which takes it less time.
    if isinstance(server, ExistingServer):
        with MongoClient[dict[str, Any]](server.url) as client:
            client.drop_database(name)


def new_databases(request: pytest.FixtureRequest) -> Iterator[NewDatabase]:
    """Be a fixture whose parameter names a storage; without one it is SQLite."""
    kind = getattr(request, "param", "sqlite")
    with ExitStack() as made:

        @cache
        def pooler() -> PgBouncer:
            server = request.getfixturevalue("postgres_server")
            pooler = PgBouncer(server.url, pool_mode=POOLED[kind]).start()
            made.callback(pooler.stop)
            return pooler

        def new() -> Settings:
            if kind == "memory":
                return {"DATABASE_URL": "memory://"}
            if kind == "sqlite":
                return {}  # what a service has by default, in its own directory
            if kind == "mongo":
                server = request.getfixturevalue("mongo_server")
                url = patient(made.enter_context(fresh_database(server)))
            else:
                server = request.getfixturevalue("postgres_server")
                url = made.enter_context(fresh_schema(server.url))
            if kind in POOLED:
                url = pooler().before(url)
            return {"DATABASE_URL": url}

        yield new


def through(host: str, port: int, settings: Settings) -> Settings:
    """Return the settings that lead to the same database by another address, impatiently."""
    parts = urlsplit(settings["DATABASE_URL"])
    login, at, _ = parts.netloc.rpartition("@")
    # Direct: else the driver would ask the server where it is, and go there.
    query = parts.query.replace("replicaSet=rs", "directConnection=true")
    query = query.removesuffix(PATIENT).rstrip("&")
    url = parts._replace(netloc=f"{login}{at}{host}:{port}", query=query)
    return settings | {"DATABASE_URL": url.geturl()}
