from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.http.api import Api
from tests.servers.service import Service

Serve: TypeAlias = Callable[..., Service]


def storage_settings() -> dict[str, str]:
    """Return what chooses the storage of all these tests: nothing, so it is SQLite."""
    return {}


@pytest.fixture(scope="package")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Serve all modules whose tests need no settings of their own."""
    directory = tmp_path_factory.mktemp("service")
    with Service(directory, **storage_settings()) as running:
        yield running


@pytest.fixture
def install(tmp_path: Path) -> Iterator[Serve]:
    """Prepare a service for a test that starts and ends it as it likes."""
    with ExitStack() as ends:

        def prepare(**settings: str) -> Service:
            service = Service(tmp_path, **storage_settings(), **settings)
            ends.callback(service.kill)
            return service

        yield prepare


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Start services with settings of their own; they end with the module."""
    with ExitStack() as running:

        def start(**settings: str) -> Service:
            directory = tmp_path_factory.mktemp("service")
            return running.enter_context(
                Service(directory, **storage_settings(), **settings)
            )

        yield start


@pytest.fixture
def connect() -> Iterator[Callable[[Service], Api]]:
    """Make clients of any service."""
    with ExitStack() as clients:

        def client(service: Service) -> Api:
            return Api(clients.enter_context(service.client()))

        yield client


@pytest.fixture
def api(service: Service, connect: Callable[[Service], Api]) -> Api:
    return connect(service)
