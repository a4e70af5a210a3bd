from collections.abc import Callable, Iterator

import pytest

from tests.clients.admins import admins_token
from tests.clients.proxies import PROXIES, Front
from tests.clients.upstream import notes_upstream
from tests.http.api import Api
from tests.servers.service import Service


@pytest.fixture(scope="module")
def auth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("auth")) as running:
        yield running


@pytest.fixture(scope="module")
def api(auth: Service) -> Iterator[Api]:
    with auth.client() as client:
        yield Api(client)


@pytest.fixture(scope="module")
def admin(auth: Service) -> str:
    return admins_token(auth)


@pytest.fixture(scope="module")
def notes() -> Iterator[int]:
    with notes_upstream() as port:
        yield port


@pytest.fixture(scope="module")
def start(auth: Service, notes: int) -> Iterator[Callable[[type[Front]], Front]]:
    started: list[Front] = []

    def run(kind: type[Front]) -> Front:
        started.append(kind(auth.port, notes))
        return started[-1].start()

    yield run
    for proxy in started:
        proxy.stop()


@pytest.fixture(scope="module", params=PROXIES, ids=lambda kind: str(kind.__name__))
def proxy(
    request: pytest.FixtureRequest, start: Callable[[type[Front]], Front]
) -> Front:
    return start(request.param)
