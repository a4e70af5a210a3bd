from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest

from tests.clients.admins import admins_token
from tests.clients.proxies import PROXIES, Front
from tests.clients.upstream import notes_upstream
from tests.http.api import Api
from tests.servers.service import Service


@pytest.fixture(scope="package")
def auth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("auth")) as running:
        yield running


@pytest.fixture(scope="package")
def api(auth: Service) -> Iterator[Api]:
    with auth.client() as client:
        yield Api(client)


@pytest.fixture(scope="package")
def admin(auth: Service) -> str:
    return admins_token(auth)


@pytest.fixture(scope="package")
def notes() -> Iterator[int]:
    with notes_upstream() as port:
        yield port


@pytest.fixture(scope="package")
def start(auth: Service, notes: int) -> Iterator[Callable[[type[Front]], Front]]:
    with ExitStack() as ends:

        @cache
        def run(kind: type[Front]) -> Front:
            proxy = kind(auth.port, notes)
            ends.callback(proxy.stop)
            return proxy.start()

        yield run


@pytest.fixture(scope="package", params=PROXIES, ids=lambda kind: str(kind.__name__))
def proxy(
    request: pytest.FixtureRequest, start: Callable[[type[Front]], Front]
) -> Front:
    return start(request.param)
