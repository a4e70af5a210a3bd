import resource
from collections.abc import Iterator

import httpx
import pytest

from tests.http.api import Api, Person
from tests.http.conftest import Serve
from tests.http.crowd import crowd
from tests.servers.databases import ON_SQLITE
from tests.servers.service import NO_TLS

pytestmark = ON_SQLITE  # nothing of the crowd's reaches the storage


@pytest.fixture(autouse=True)
def many_files() -> Iterator[None]:
    """Let this process, and the service it starts, have more connections than is usual."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_a_crowd_of_one_address_over_its_limit_keeps_nobody_else_from_logging_in(
    serve: Serve,
) -> None:
    service = serve(RATE_LIMIT_ENABLED="true")
    with service.client() as client:
        person = Person.new()
        assert Api(client).register(person).is_success

    async with crowd(service.port) as statuses:
        for number in range(10, 30):
            transport = httpx.AsyncHTTPTransport(
                verify=NO_TLS, local_address=f"127.0.0.{number}"
            )
            async with httpx.AsyncClient(transport=transport, timeout=30) as other:
                answer = await other.post(
                    f"{service.url}/auth/login", json=person.credentials
                )
            assert 200 == answer.status_code

    # Some find no room: an address may have 1,000 connections.
    assert {401, 429} <= set(statuses) <= {401, 429, 503}
    assert 5 == statuses.count(401)
