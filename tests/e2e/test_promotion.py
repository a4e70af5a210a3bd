from collections.abc import Callable

import pytest

from tests.http.api import PASSWORD, Api, Person
from tests.http.conftest import Serve
from tests.servers.databases import STORED_APART
from tests.servers.service import Service

pytestmark = pytest.mark.parametrize("database", STORED_APART[:2], indirect=True)


def advice(service: Service, person: Person) -> str:
    """Return what `create-admin` says of somebody who is there."""
    named = ("--email", person.email, "--username", person.username)
    refused = service.run("create-admin", *named)
    assert 1 == refused.returncode
    return refused.stderr


def test_an_account_that_exists_is_promoted_as_it_is_said(
    install: Serve, connect: Callable[[Service], Api]
) -> None:
    service = install(ADMIN_PASSWORD=PASSWORD).start()
    api = connect(service)
    person = api.newcomer()

    told = advice(service, person)
    *_, command = told.partition("scribes-auth ")
    promoted = service.run(*command.split(), "--yes")

    assert told.startswith("Email already registered\nIt is user 1 ")
    assert 0 == promoted.returncode, promoted.stderr
    assert "admin" == api.session(person)["user"]["role"]
    assert "whose role is admin already" in advice(service, person)
    other = Person(Person.new().email, person.username.upper())
    assert "choose another username" in advice(service, other)
