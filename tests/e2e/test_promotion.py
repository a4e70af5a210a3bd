import sqlite3
from collections.abc import Callable
from contextlib import closing

import psycopg
import pytest

from tests.http.api import PASSWORD, Api, Person
from tests.http.conftest import Serve
from tests.servers.databases import STORED_APART
from tests.servers.service import Service

pytestmark = pytest.mark.parametrize("database", STORED_APART[:2], indirect=True)


def advice(service: Service, person: Person) -> list[str]:
    named = ("--email", person.email, "--username", person.username)
    refused = service.run("create-admin", *named)
    assert 1 == refused.returncode
    return refused.stderr.splitlines()


def run(service: Service, statement: str) -> None:
    """Do what was said, where it was said."""
    url = service.settings.get("DATABASE_URL")
    if url:
        with psycopg.connect(url, autocommit=True) as console:
            console.execute(statement.encode())
        return
    file = service.directory / "var" / "scribes.db"
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(statement)


@pytest.mark.parametrize("by", ["email", "username"])
def test_an_account_that_exists_is_promoted_as_it_is_said(
    install: Serve, connect: Callable[[Service], Api], by: str
) -> None:
    service = install(ADMIN_PASSWORD=PASSWORD).start()
    api = connect(service)
    person, other = api.newcomer(), Person.new()
    asked = (
        Person(person.email, other.username)
        if by == "email"
        else Person(other.email, person.username.upper())
    )

    *_, statement = advice(service, asked)
    run(service, statement)

    assert "admin" == api.session(person)["user"]["role"]
    told = advice(service, person)
    assert told[0] == "Email already registered"
    assert "an administrator already" in told[1]
