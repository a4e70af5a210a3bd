"""Clients that programs make of `/openapi.json`, without a line of ours."""

from dataclasses import replace

import pytest

from tests.clients import pages
from tests.clients.generators import PAGE, Generated, Python, TypeScript
from tests.http.api import Api, Person
from tests.servers.service import Service

FOUND = 7
"""Users that fill three pages of three."""

pytestmark = pytest.mark.timeout(300)  # the first time, all of it is fetched


@pytest.fixture(scope="module", params=[TypeScript, Python])
def client(
    request: pytest.FixtureRequest,
    auth: Service,
    tmp_path_factory: pytest.TempPathFactory,
) -> Generated:
    directory = tmp_path_factory.mktemp("client")
    pages.write(PAGE, directory)
    client: Generated = request.param(directory, auth.url)
    client.generate()
    return client


def test_the_types_of_a_generated_client_are_strict(client: Generated) -> None:
    client.check()


def test_a_generated_client_goes_the_whole_way(client: Generated) -> None:
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


def test_a_generated_client_walks_a_list_page_by_page(
    client: Generated, api: Api, admin: str
) -> None:
    made = [api.register(person_of(client)).json()["id"] for _ in range(FOUND)]

    told = client.users(admin, label_of(client))

    assert {"ids": made[::-1], "pages": 3} == told


def label_of(client: Generated) -> str:
    """Return what the usernames of a client's people have in them, in capitals."""
    return f"OF-{type(client).__name__}".upper()


def person_of(client: Generated) -> Person:
    person = Person.new()
    return replace(person, username=f"{label_of(client).lower()}-{person.username}")
