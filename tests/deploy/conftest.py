from collections.abc import Iterator

import pytest

from tests.deploy.front import NAME, Front, started
from tests.servers import LOOPBACK
from tests.servers.certificates import LocalAuthority
from tests.servers.existing import ExistingServer
from tests.servers.service import Service
from tests.servers.valkey import ValkeyServer, with_prefix


@pytest.fixture(scope="package")
def authority() -> LocalAuthority:
    return LocalAuthority()


@pytest.fixture(scope="package")
def replicas(
    tmp_path_factory: pytest.TempPathFactory,
    redis_server: ValkeyServer | ExistingServer,
) -> Iterator[list[Service]]:
    file = tmp_path_factory.mktemp("data") / "scribes.db"
    with started(
        tmp_path_factory,
        DATABASE_URL=f"sqlite:///{file}",
        REDIS_URL=with_prefix(redis_server.url),
        JWT_SECRET_KEY="k" * 64,
        RATE_LIMIT_ENABLED="true",
        TRUSTED_PROXIES=LOOPBACK,
        PUBLIC_URL=f"https://{NAME}",
        LOG_FORMAT="json",
    ) as running:
        yield running


@pytest.fixture(scope="package")
def front(authority: LocalAuthority, replicas: list[Service]) -> Iterator[Front]:
    with Front(authority, replicas) as running:
        yield running
