"""Databases of one test's own, on servers that run for all of them."""

from collections.abc import Iterator

import pytest

from tests.adapters.emptied import Emptied, kept_database, kept_schema
from tests.adapters.postgres_world import fresh_schema
from tests.servers.databases import fresh_database
from tests.servers.existing import ExistingServer
from tests.servers.mongo import MongoCompatibleServer, patient
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


@pytest.fixture(scope="session")
def kept_postgres(
    postgres_server: PostgresServer | ExistingServer,
) -> Iterator[Emptied]:
    """Yield what empties the schema that tests use one after the other."""
    with fresh_schema(postgres_server.url) as url, kept_schema(url) as emptied:
        yield emptied


@pytest.fixture
def migrated_postgres_url(kept_postgres: Emptied) -> str:
    """Return a URL that leads to all our tables, with nothing in them."""
    return kept_postgres()


@pytest.fixture(scope="session")
def kept_mongo(
    mongo_server: MongoCompatibleServer | ExistingServer,
) -> Iterator[Emptied]:
    """Yield what empties the database that tests use one after the other."""
    # Nothing here is about speed: the server may be a slow one, and busy.
    with fresh_database(mongo_server) as url, kept_database(patient(url)) as emptied:
        yield emptied


@pytest.fixture
def migrated_mongo_url(kept_mongo: Emptied) -> str:
    """Return the URL of a database with all our collections, and nothing in them."""
    return kept_mongo()
