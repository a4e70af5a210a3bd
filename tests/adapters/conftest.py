"""Databases of one test's own, on servers that run for all of them."""

from collections.abc import Iterator

import pytest

from tests.adapters.postgres_world import fresh_schema
from tests.servers.databases import fresh_database
from tests.servers.existing import ExistingServer
from tests.servers.mongo import MongoCompatibleServer
from tests.servers.postgres import PostgresServer


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


@pytest.fixture
def mongo_url(mongo_server: MongoCompatibleServer | ExistingServer) -> Iterator[str]:
    """Yield the URL of a database of this test's own."""
    with fresh_database(mongo_server) as url:
        yield url
