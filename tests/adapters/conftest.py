"""Real servers, started when the first test asks; variables name those that run already."""

import os
from collections.abc import Iterator
from uuid import uuid4

import pytest
from pymongo import MongoClient

from tests.adapters.postgres_world import fresh_schema
from tests.servers.existing import ExistingServer
from tests.servers.mongo import MongoCompatibleServer, with_database
from tests.servers.postgres import PostgresServer


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer | ExistingServer]:
    """Yield the one that all tests share: nobody breaks it."""
    if url := os.environ.get("TEST_POSTGRES_URL"):
        yield ExistingServer(url)
        return
    server = PostgresServer().start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def own_postgres() -> Iterator[PostgresServer]:
    """Yield one that a test may break if it mends it again; it logs every statement."""
    server = PostgresServer(log_statement="all").start()
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer | ExistingServer) -> Iterator[str]:
    """Yield a URL that leads to nothing but an empty schema of this test's own."""
    with fresh_schema(postgres_server.url) as url:
        yield url


@pytest.fixture
def own_postgres_url(own_postgres: PostgresServer) -> Iterator[str]:
    """Yield the same on the server that may be broken."""
    with fresh_schema(own_postgres.url) as url:
        yield url


@pytest.fixture(scope="session")
def mongo_server() -> Iterator[MongoCompatibleServer | ExistingServer]:
    """Yield the one that all tests share: nobody breaks it."""
    if url := os.environ.get("TEST_MONGO_URL"):
        yield ExistingServer(url)
        return
    server = MongoCompatibleServer().start()
    yield server
    server.stop()


@pytest.fixture
def mongo_url(mongo_server: MongoCompatibleServer | ExistingServer) -> Iterator[str]:
    """Yield the URL of a database of this test's own."""
    name = f"test_{uuid4().hex}"
    yield with_database(mongo_server.url, name)
    with MongoClient[dict[str, object]](mongo_server.url) as client:
        client.drop_database(name)
