import socket
from collections.abc import Callable
from http import HTTPMethod
from urllib.parse import unquote

import httpx
import pytest

from tests.http.api import OTHER_PASSWORD, Api, Person, assert_problem, bearer
from tests.http.conftest import Serve
from tests.servers import LOOPBACK
from tests.servers.databases import ON_SQLITE
from tests.servers.service import Service

ENVOYS = "/auth/verify-path/any/notes/1?role=boss&x=%0a"
"""How Envoy asks: behind our path is the one that its client asked for."""


def verify(
    api: Api, token: str | None, query: str = "", method: str = "GET"
) -> httpx.Response:
    return api.client.request(method, f"/auth/verify{query}", headers=bearer(token))


def told(answer: httpx.Response) -> dict[str, str]:
    """Return what a good answer tells of the caller."""
    assert 200 == answer.status_code, answer.text
    return {n: v for n, v in answer.headers.items() if n.startswith("x-auth-")}


def test_a_good_token_is_answered_with_who_it_is_and_no_body(api: Api) -> None:
    person = api.newcomer()
    tokens = api.session(person)

    answer = verify(api, tokens["access_token"])

    heard = told(answer)
    assert 32 == len(heard.pop("x-auth-session-id"))
    assert {
        "x-auth-user-id": str(tokens["user"]["id"]),
        "x-auth-username": person.username,
        "x-auth-email": "",
        "x-auth-role": "user",
    } == heard
    assert b"" == answer.content
    assert "no-store" == answer.headers["Cache-Control"]


def test_what_is_no_good_is_refused_as_everywhere(api: Api) -> None:
    tokens = api.session()

    for token in (None, "x", "a.b.c", tokens["refresh_token"]):
        here, there = (
            verify(api, token),
            api.client.get("/auth/me", headers=bearer(token)),
        )

        refusal = assert_problem(here, 401)
        assert {**there.json(), "request_id": refusal["request_id"]} == refusal
        challenge = there.headers["WWW-Authenticate"]
        assert challenge == here.headers["WWW-Authenticate"]


def test_the_end_of_a_session_counts_at_once(api: Api) -> None:
    person = api.newcomer()
    one, other, third = (api.session(person)["access_token"] for _ in range(3))

    api.post("/auth/logout", token=one)
    assert_problem(verify(api, one), 401, "Session has ended")
    assert 200 == verify(api, other).status_code

    change = {"current_password": person.password, "new_password": OTHER_PASSWORD}
    renewed = api.post("/auth/change-password", change, token=other).json()
    for ended in (other, third):
        assert_problem(verify(api, ended), 401, "Session has ended")
    assert 200 == verify(api, renewed["access_token"]).status_code

    api.post("/auth/logout-all", token=renewed["access_token"])
    assert_problem(verify(api, renewed["access_token"]), 401, "Session has ended")


@ON_SQLITE
@pytest.mark.parametrize("email", ["o'neil+100%@example.com", "jörg@exämple.de"])
def test_an_address_is_told_once_it_is_proved_and_safely(
    service: Service, api: Api, email: str
) -> None:
    person = Person(email, Person.new().username)
    assert 201 == api.register(person).status_code
    access = api.session(person)["access_token"]
    assert "" == told(verify(api, access))["x-auth-email"]

    service.sql("update users set is_verified = 1 where email = ?", email)

    heard = told(verify(api, access))["x-auth-email"]
    assert heard.isascii()
    assert heard.isprintable()
    assert email == unquote(heard)
    assert heard.startswith("o'neil+100%25@" if "+" in email else "j%C3%B6rg@")


@ON_SQLITE
@pytest.mark.parametrize(
    "name", ["x\r\nX-Auth-Role: admin", "a\nb", "né", "\0", "a, b", " a", '"a"', "%"]
)
def test_no_name_can_break_a_header(service: Service, api: Api, name: str) -> None:
    tokens = api.session()
    user_id = tokens["user"]["id"]
    service.sql("update users set username = ? where id = ?", name, user_id)

    heard = told(verify(api, tokens["access_token"]))

    assert name == unquote(heard["x-auth-username"])
    assert "user" == heard["x-auth-role"]
    service.sql("update users set username = ? where id = ?", f"u{user_id}", user_id)


@ON_SQLITE
def test_the_role_is_the_present_one(service: Service, api: Api) -> None:
    tokens = api.session()
    token = tokens["access_token"]
    assert_problem(verify(api, token, "?role=admin"), 403)

    service.sql("update users set role = 'admin' where id = ?", tokens["user"]["id"])

    assert "admin" == told(verify(api, token, "?role=admin"))["x-auth-role"]
    assert_problem(verify(api, token, "?role=user"), 403)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?role=user", 200),
        ("?role=user,admin", 200),
        ("?role=admin,user", 200),
        ("?role=user%2Cadmin", 200),
        ("?role=user&role=user,admin", 200),
        ("?", 200),
        ("?role=admin", 403),
        ("?role=admin,admin", 403),
        # What a client can append to a proxy's query only makes it stricter.
        ("?role=admin&role=user", 403),
        ("?role=admin&role=user,admin", 403),
        ("?role=user&role=admin", 403),
    ],
)
@ON_SQLITE
def test_roles_are_demanded_by_the_query(api: Api, query: str, status: int) -> None:
    answer = verify(api, api.session()["access_token"], query)

    assert status == answer.status_code
    if status == 403:
        assert_problem(answer, 403, "Not enough permissions")
        # RFC 6750, section 3.1
        challenge = 'Bearer error="insufficient_scope"'
        assert challenge == answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "query",
    [
        "?role=",
        "?role",
        "?role=boss",
        "?role=Admin",
        "?role=user,",
        "?role=user,boss",
        "?role=user;admin",
        "?role=user&role=boss",
        "?role=user/notes?role=user",
        "?roles=user",
        "?Role=user",
        "?role=user&x=1",
        "?role%5B%5D=user",
        "?%00",
        "?role=%ff",
    ],
)
@ON_SQLITE
def test_a_demand_that_is_not_understood_is_refused_and_not_repeated(
    api: Api, query: str
) -> None:
    for token in (api.session()["access_token"], None):
        answer = verify(api, token, query)

        problem = assert_problem(answer, 422)
        assert "boss" not in answer.text
        assert "validation_failed" == problem["code"]
        assert problem["errors"][0]["message"].endswith(("role", "user, admin"))


@pytest.mark.parametrize(
    "method", [*(m for m in HTTPMethod if m != "CONNECT"), "PROPFIND", "PURGE"]
)
@pytest.mark.parametrize("path", ["", ENVOYS.removeprefix("/auth/verify")])
@ON_SQLITE
def test_every_method_and_path_behind_is_taken_for_ours(
    api: Api, path: str, method: str
) -> None:
    token = api.session()["access_token"]

    assert 401 == verify(api, None, path, method).status_code
    assert "user" == told(verify(api, token, path, method))["x-auth-role"]


@ON_SQLITE
def test_a_preflight_needs_a_token_as_well(
    serve: Serve, connect: Callable[[Service], Api]
) -> None:
    api = connect(serve(CORS_ORIGINS="https://app.example"))
    headers = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
    }

    for path in ("/auth/verify", ENVOYS):
        assert 401 == api.client.options(path, headers=headers).status_code


@ON_SQLITE
def test_what_traefik_tells_of_the_request_changes_nothing(api: Api) -> None:
    headers = {
        "X-Forwarded-Method": "DELETE",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "notes.example.com",
        "X-Forwarded-Uri": "/notes/all?role=admin",
        "X-Forwarded-For": "203.0.113.9",
        "X-Auth-Role": "admin",
    }

    answer = api.client.get(
        "/auth/verify",
        headers={**headers, **bearer(api.session()["access_token"])},
    )

    assert "user" == told(answer)["x-auth-role"]


@ON_SQLITE
def test_a_neighbour_of_its_name_is_another_path(api: Api) -> None:
    token = api.session()["access_token"]

    for path in ("-x", "-email/x", "x"):
        assert 404 == verify(api, token, path).status_code
    assert 405 == verify(api, token, "-email").status_code


@ON_SQLITE
def test_no_body_is_waited_for(service: Service, api: Api) -> None:
    token = api.session()["access_token"]
    head = (
        "POST /auth/verify-path/any/notes HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    )
    with socket.create_connection((LOOPBACK, service.port), 10) as connection:
        connection.sendall(head.encode())

        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")


@ON_SQLITE
def test_it_is_not_rate_limited(
    serve: Serve, connect: Callable[[Service], Api]
) -> None:
    api = connect(serve(RATE_LIMIT_ENABLED="true"))
    token = api.session()["access_token"]

    for given, status in ((token, 200), ("x", 401)):
        for method in ("GET", "POST"):
            answers = [verify(api, given, method=method) for _ in range(100)]

            assert {status} == {answer.status_code for answer in answers}
            assert not [a for a in answers if "RateLimit" in a.headers]
