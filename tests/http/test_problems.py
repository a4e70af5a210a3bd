import json

import pytest

from tests.http.api import Api, assert_problem, bearer
from tests.servers.databases import ON_MEMORY
from tests.servers.service import Service

pytestmark = ON_MEMORY  # what is refused here is refused before the storage

JSON = {"Content-Type": "application/json"}
POSTS = (
    "/auth/register",
    "/auth/login",
    "/auth/refresh",
    "/auth/verify-email",
    "/auth/resend-verification",
    "/auth/password-reset/request",
    "/auth/password-reset/confirm",
    "/auth/change-password",
)


def test_every_bad_field_is_named_at_once_and_none_is_quoted(
    service: Service, api: Api
) -> None:
    person = {
        "email": "not-an-address-QUOTED",
        "username": "QUOTED!",
        "password": "quoted-password-QUOTED",
        "full_name": "QUOTED" * 30,
    }

    answer = api.post("/auth/register", person)

    problem = assert_problem(answer, 422)
    assert "validation_failed" == problem["code"]
    assert set(person) == {field["field"] for field in problem["errors"]}
    assert all({"field", "message", "code"} == f.keys() for f in problem["errors"])
    assert all(field["message"] in problem["detail"] for field in problem["errors"])
    assert "QUOTED" not in answer.text
    assert "QUOTED" not in service.output


def test_missing_and_mistyped_fields_are_named(api: Api) -> None:
    answer = api.post("/auth/register", {"email": 5, "username": None, "password": []})
    empty = api.post("/auth/register", {})

    named = {field["field"] for field in assert_problem(answer, 422)["errors"]}
    assert {"email", "username", "password"} == named
    missing = {field["field"] for field in assert_problem(empty, 422)["errors"]}
    assert {"email", "username", "password"} == missing


@pytest.mark.parametrize("body", ["[]", "null", '"text"', "5", "true"])
def test_a_body_is_an_object(api: Api, body: str) -> None:
    answer = api.client.post("/auth/login", content=body, headers=JSON)

    (field,) = assert_problem(answer, 422)["errors"]
    assert "" == field["field"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"not json",
        b"{'email': 'x'}",
        b'{"email": "x"} trailing',
        b'{"email": "\xff\xfe"}',
        b'{"email": "\xed\xa0\x80"}',
        rb'{"email": "\ud800", "password": "x"}',
        rb'{"email": "x", "password": "\udfff\ud800"}',
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b"\xef\xbb\xbf{}",
        b'{"email": NaN}',
        b'{"email": "x", "password": "y", "unknown": NaN}',
        b'{"email": "x", "password": "y", "unknown": [Infinity]}',
        b'{"email": "x", "password": "y", "unknown": {"deep": -Infinity}}',
        b"NaN",
    ],
    ids=lambda body: body[:12].decode("ascii", "replace"),
)
def test_what_is_not_json_is_a_bad_request(api: Api, body: bytes) -> None:
    answer = api.client.post("/auth/login", content=body, headers=JSON)

    assert_problem(answer, 400, "The body is not valid JSON")


def test_deep_json_is_refused_where_it_has_no_business(api: Api) -> None:
    deep = b"[" * 150 + b"]" * 150
    for body in (b'{"email": ' + deep + b"}", b'{"unknown": ' + deep + b"}"):
        answer = api.client.post("/auth/login", content=body, headers=JSON)

        assert_problem(answer, 422)


@pytest.mark.parametrize("path", POSTS)
def test_every_post_wants_json(api: Api, path: str) -> None:
    known = bearer(api.session()["access_token"])
    for media in ("application/x-www-form-urlencoded", "text/plain", "application/jso"):
        headers = {"Content-Type": media, **known}
        answer = api.client.post(path, content=b"{}", headers=headers)

        assert_problem(answer, 415)
    assert_problem(api.client.post(path, headers=known), 415)
    broken = api.client.post(path, content=b"{", headers=JSON | known)
    assert_problem(broken, 400, "The body is not valid JSON")


@pytest.mark.parametrize(
    "media",
    ["application/json; charset=utf-8", "Application/JSON", "application/x+json"],
)
def test_json_has_more_than_one_name(api: Api, media: str) -> None:
    body = json.dumps(api.newcomer().credentials)

    answer = api.client.post(
        "/auth/login", content=body, headers={"Content-Type": media}
    )

    assert 200 == answer.status_code


def test_an_unknown_path_is_a_problem(api: Api) -> None:
    for path in ("/", "/nothing", "/auth", "/auth/login/", "/%2e%2e/etc", "/auth/%ff"):
        assert_problem(api.client.get(path), 404)


def test_a_wrong_method_is_told_the_right_ones(api: Api) -> None:
    for method, path, right in (
        ("GET", "/auth/login", "POST"),
        ("PUT", "/auth/me", "GET"),
        ("PUT", "/health", "GET"),
        ("PATCH", "/auth/register", "POST"),
    ):
        answer = api.client.request(method, path)

        assert_problem(answer, 405)
        assert right in answer.headers["Allow"].split(", ")


def test_an_unknown_key_has_no_effect(api: Api) -> None:
    person = api.newcomer()

    answer = api.post("/auth/login", person.credentials | {"role": "admin", "x": [1]})

    assert 200 == answer.status_code
    assert "user" == answer.json()["user"]["role"]


def test_a_key_given_twice_counts_once(api: Api) -> None:
    person = api.newcomer()
    body = f'{{"email": "x", "email": "{person.email}", "password": "SecurePass123!"}}'

    answer = api.client.post("/auth/login", content=body, headers=JSON)

    assert 200 == answer.status_code


def test_the_longest_token_is_still_read(api: Api) -> None:
    for token in ("x" * 8192, "x" * 60_000):
        answer = api.client.get("/auth/me", headers=bearer(token))

        assert_problem(answer, 401, "JWT decoding failed")
