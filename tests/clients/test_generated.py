"""Clients that programs make of `/openapi.json`, without a line of ours."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients import pages
from tests.clients.generators import PAGE, Generated, Python, TypeScript
from tests.http.api import Person
from tests.servers.service import Service

pytestmark = pytest.mark.timeout(300)  # the first time, all of it is fetched


@pytest.fixture(scope="module")
def auth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("auth")) as running:
        yield running


@pytest.mark.parametrize("kind", [TypeScript, Python])
def test_a_generated_client_goes_the_whole_way_and_its_types_are_strict(
    kind: type[Generated], auth: Service, tmp_path: Path
) -> None:
    pages.write(PAGE, tmp_path)
    client = kind(tmp_path, auth.url)

    client.generate()
    client.check()
    told = client.journey(Person.new())

    assert {
        "same": True,
        "full_name": None,
        "messages": ["Password changed successfully", "Successfully logged out"],
        "late": "session_ended",
        "challenge": 'Bearer error="invalid_token",'
        ' error_description="Session has ended"',
        "fields": ["email: string_too_short"],
    } == told
