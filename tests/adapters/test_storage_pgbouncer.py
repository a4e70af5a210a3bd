import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from adapters.storage.postgres import PostgresStorage
from core.errors import BadConfiguration
from tests.adapters.postgres_world import (
    LOCK_USERS,
    console,
    fresh_schema,
    is_back,
    is_unavailable,
    opened,
)
from tests.contract.storage import StorageContract
from tests.contract.storage_records import NOW, add, an_event, history, log_in
from tests.servers.pgbouncer import PgBouncer
from tests.servers.postgres import PostgresServer, with_option

ZONE = "ALTER DATABASE postgres SET timezone"


@pytest.fixture(scope="module", params=["session", "transaction"])
def bouncer(
    request: pytest.FixtureRequest, own_postgres: PostgresServer
) -> Iterator[PgBouncer]:
    pooler = PgBouncer(
        own_postgres.url, pool_mode=request.param, server_login_retry="0.1"
    ).start()
    yield pooler
    pooler.stop()


@pytest.fixture
def url(bouncer: PgBouncer, own_postgres: PostgresServer) -> Iterator[str]:
    with fresh_schema(own_postgres.url) as url:
        yield bouncer.before(url)


@pytest.fixture
async def storage(url: str) -> AsyncIterator[PostgresStorage]:
    async with opened(f"{url}&pool_size=5") as storage:
        yield storage


class TestPostgresStorageBehindPgBouncer(StorageContract):
    @pytest.fixture
    async def subject(self, storage: PostgresStorage) -> PostgresStorage:
        return storage
