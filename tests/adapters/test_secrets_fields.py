import json
import re
from typing import Any

import pytest

from adapters.secrets.fields import picked
from core.errors import SecretNotFound

ROTATED = {
    "engine": "postgres",
    "host": "db.example.com",
    "username": "scribes",
    "password": "p@ss/w:rd?#%",
    "dbname": "auth",
    "port": 5432,
}
MANAGED = {"username": "scribes", "password": "correct horse"}
"""What a secret holds that RDS itself manages."""


def pick(content: dict[str, Any], field: str) -> str:
    return picked(json.dumps(content), field, "Secret 'db'")


@pytest.mark.parametrize(
    ("field", "value"),
    [("username", "scribes"), ("password", "p@ss/w:rd?#%"), ("port", "5432")],
)
def test_a_field_is_picked_as_text(field: str, value: str) -> None:
    assert value == pick(ROTATED, field)


def test_a_url_is_put_together_with_all_that_has_a_meaning_in_urls_quoted() -> None:
    expected = "postgresql://scribes:p%40ss%2Fw%3Ard%3F%23%25@db.example.com:5432/auth"

    assert expected == pick(ROTATED, "url")


def test_what_a_managed_secret_lacks_is_said_behind_the_field() -> None:
    field = "url?engine=postgres&host=db.example.com&dbname=auth&sslmode=verify-full"
    expected = (
        "postgresql://scribes:correct%20horse@db.example.com/auth?sslmode=verify-full"
    )

    assert expected == pick(MANAGED, field)


def test_what_is_said_goes_before_what_the_secret_says() -> None:
    found = pick(ROTATED, "url?host=proxy.example.com&port=6432")

    assert found.endswith("@proxy.example.com:6432/auth")


def test_a_secret_can_not_be_said_in_clear() -> None:
    found = pick(MANAGED, "url?engine=postgres&host=h&password=mine&username=me")

    assert found.startswith("postgresql://scribes:correct%20horse@h/")


@pytest.mark.parametrize(("ssl", "query"), [(True, "?tls=true"), (False, "")])
def test_documentdb_is_a_mongodb(ssl: bool, query: str) -> None:  # noqa: FBT001
    content = {**ROTATED, "engine": "mongo", "port": 27017, "ssl": ssl}
    expected = f"@db.example.com:27017/auth{query}"

    assert pick(content, "url").startswith("mongodb://scribes:")
    assert pick(content, "url").endswith(expected)


def test_a_url_that_somebody_put_there_is_taken_as_it_is() -> None:
    assert "memory://" == pick({**ROTATED, "url": "memory://"}, "url")


@pytest.mark.parametrize(
    ("content", "field", "told"),
    [
        (ROTATED, "token", "no field 'token' in it, only 'engine', 'host'"),
        ({}, "token", "only none"),
        ({"token": ""}, "token", "no field 'token'"),
        ({"token": None}, "token", "no field 'token'"),
        (MANAGED, "url", "no engine, host in it"),
        ({**ROTATED, "password": ""}, "url", "no password in it"),
        ({**ROTATED, "engine": "oracle"}, "url", "engine 'oracle'"),
        (ROTATED, "password?host=h", "only #url takes parameters"),
    ],
)
def test_what_is_missing_is_told_and_never_a_value(
    content: dict[str, Any], field: str, told: str
) -> None:
    with pytest.raises(
        SecretNotFound, match=f"^Secret 'db': .*{re.escape(told)}"
    ) as no:
        pick(content, field)

    assert "p@ss" not in str(no.value)
    assert "correct" not in str(no.value)


@pytest.mark.parametrize("content", ["", "plain", '"text"', "[1]", "{", "NaN", "1"])
def test_what_is_no_object_has_no_fields(content: str) -> None:
    with pytest.raises(SecretNotFound, match="no JSON object"):
        picked(content, "password", "Secret 'db'")
