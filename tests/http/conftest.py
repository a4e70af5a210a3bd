from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.http.api import Api
from tests.http.described import assert_described
from tests.http.house import House, house
from tests.servers.databases import STORAGES, NewDatabase, Settings, new_databases
from tests.servers.service import Service
from tests.servers.valkey import with_prefix

Serve: TypeAlias = Callable[..., Service]


@pytest.fixture(scope="package", params=STORAGES)
def database(request: pytest.FixtureRequest) -> Iterator[NewDatabase]:
    """Run all these tests on every storage, but for those that say otherwise."""
    yield from new_databases(request)


@pytest.fixture(scope="package")
def service(
    tmp_path_factory: pytest.TempPathFactory, database: NewDatabase
) -> Iterator[Service]:
    """Serve all modules whose tests need no settings of their own."""
    directory = tmp_path_factory.mktemp("service")
    with Service(directory, **database()) as running:
        yield running


@pytest.fixture
def install(tmp_path: Path, database: NewDatabase) -> Iterator[Serve]:
    """Prepare a service for a test that starts and ends it as it likes."""
    with ExitStack() as ends:

        def prepare(**settings: str) -> Service:
            service = Service(tmp_path, **database() | settings)
            ends.callback(service.kill)
            return service

        yield prepare


@pytest.fixture(scope="module")
def serve(
    tmp_path_factory: pytest.TempPathFactory, database: NewDatabase
) -> Iterator[Serve]:
    """Start services with settings of their own; they end with the module."""
    with ExitStack() as running:

        def start(**settings: str) -> Service:
            directory = tmp_path_factory.mktemp("service")
            return running.enter_context(Service(directory, **database() | settings))

        yield start


@pytest.fixture(scope="module", params=["in the process", "in Redis"])
def counted(request: pytest.FixtureRequest) -> Settings:
    """Return the settings for where attempts are counted."""
    if request.param == "in the process":
        return {}
    return {"REDIS_URL": with_prefix(request.getfixturevalue("redis_server").url)}


@pytest.fixture
def connect() -> Iterator[Callable[[Service], Api]]:
    """Make clients of any service; whatever they are answered has to be described."""
    with ExitStack() as clients:

        def client(service: Service) -> Api:
            http = clients.enter_context(service.client())
            http.event_hooks["response"].append(assert_described)
            return Api(http)

        yield client


@pytest.fixture
def api(service: Service, connect: Callable[[Service], Api]) -> Api:
    return connect(service)


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Serve in this process, for what neither the wire nor the storage touches."""
    with house(tmp_path_factory.mktemp("house")) as home:
        yield home


@pytest.fixture
def inside_alone(tmp_path: Path) -> Iterator[House]:
    """Serve for one test, which counts on nobody else being there."""
    with house(tmp_path) as home:
        yield home
