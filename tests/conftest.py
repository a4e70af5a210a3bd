"""Real servers, started when the first test asks; variables name those that run already."""

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from config.cores import usable_cores
from tests.servers.databases import NewDatabase, new_databases
from tests.servers.existing import ExistingServer
from tests.servers.mongo import MongoCompatibleServer
from tests.servers.postgres import PostgresServer
from tests.servers.valkey import ValkeyServer

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As a shell has it in what it starts in the background, and so would what tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples in every run: a red build is red for all, and can be tried again.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

MOST_PROCESSES = 8
"""Each has servers of its own, and some 500 MB."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return two for each core: half of the time, tests wait for what they started."""
    return min(2 * usable_cores(), MOST_PROCESSES)


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


@pytest.fixture(scope="session")
def mongo_server() -> Iterator[MongoCompatibleServer | ExistingServer]:
    """Yield the one that all tests share: nobody breaks it."""
    if url := os.environ.get("TEST_MONGO_URL"):
        yield ExistingServer(url)
        return
    server = MongoCompatibleServer().start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[ValkeyServer | ExistingServer]:
    """Yield the one that all tests share: nobody breaks it."""
    if url := os.environ.get("TEST_REDIS_URL"):
        yield ExistingServer(url)
        return
    server = ValkeyServer().start()
    yield server
    server.stop()


@pytest.fixture
def own_redis() -> Iterator[ValkeyServer]:
    """Yield one that a test may break; to start it takes no time."""
    server = ValkeyServer().start()
    yield server
    server.stop()


@pytest.fixture(scope="package")
def database(request: pytest.FixtureRequest) -> Iterator[NewDatabase]:
    """Yield what makes databases of one storage, SQLite where tests name none."""
    yield from new_databases(request)
