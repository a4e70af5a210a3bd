from collections.abc import Iterator

import pytest

from tests.http.api import Api
from tests.security.forge import SECRET
from tests.security.target import Target, Tokens
from tests.servers.service import Service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Serve with a signing key that the tests know."""
    directory = tmp_path_factory.mktemp("service")
    with Service(directory, JWT_SECRET_KEY=SECRET, LOG_LEVEL="WARNING") as running:
        yield running


@pytest.fixture(scope="module")
def api(service: Service) -> Iterator[Api]:
    with service.client() as client:
        yield Api(client)


@pytest.fixture(scope="module")
def tokens(api: Api) -> Tokens:
    return api.session()


@pytest.fixture(params=["access", "refresh"])
def target(request: pytest.FixtureRequest, api: Api, tokens: Tokens) -> Target:
    return Target(request.param, api, tokens)
