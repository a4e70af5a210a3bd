from collections.abc import Iterator

import pytest

from tests.http.api import Api
from tests.security.inside import inside
from tests.security.rings import Ring, ring_of
from tests.security.target import Target, Tokens
from tests.security.wycheproof import DIRECTORY
from tests.servers.service import Service


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not DIRECTORY.is_dir():
        terminalreporter.write_line(f"NOT RUN: Wycheproof, not found in {DIRECTORY}")


@pytest.fixture(scope="module")
def ring(request: pytest.FixtureRequest) -> Ring:
    """Return a ring of the kind that a module asks for."""
    return ring_of(getattr(request, "param", "HS256"))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, ring: Ring) -> Iterator[Service]:
    """Serve with a signing key that the tests know."""
    directory = tmp_path_factory.mktemp("service")
    with Service(directory, LOG_LEVEL="WARNING", **ring.settings) as running:
        yield running


@pytest.fixture(scope="module")
def api(service: Service) -> Iterator[Api]:
    with service.client() as client:
        yield Api(client)


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory, ring: Ring) -> Iterator[Api]:
    """Serve the same in this process, for what the wire does not touch."""
    directory = tmp_path_factory.mktemp("application")
    with inside(directory, **ring.fields) as client:
        yield Api(client)


@pytest.fixture(scope="module")
def tokens(application: Api) -> Tokens:
    return application.session()


@pytest.fixture(params=["access", "refresh"])
def target(
    request: pytest.FixtureRequest, application: Api, tokens: Tokens, ring: Ring
) -> Target:
    return Target(request.param, application, tokens, ring)
