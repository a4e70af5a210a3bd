"""What guesses leave in the log: who, why, and from which address (ASVS 5, 16.3)."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import jwt
import pytest

from tests.http.api import (
    OTHER_PASSWORD,
    PASSWORD,
    WRONG_PASSWORD,
    Api,
    Person,
)
from tests.http.conftest import Serve
from tests.http.records import deactivate
from tests.servers.databases import ON_SQLITE
from tests.servers.service import Service, wait_for

pytestmark = ON_SQLITE  # what is logged is no matter of the storage

ELSEWHERE = "127.0.0.7"
LIMITS = {
    "RATE_LIMIT_ENABLED": "true",
    "RATE_LIMIT_LOGIN": "1000/second",
    "RATE_LIMIT_REGISTER": "1000/second",
    "RATE_LIMIT_CHANGE_PASSWORD": "1000/second",
    "RATE_LIMIT_PASSWORD_RESET": "1000/second",
    "RATE_LIMIT_RESEND_VERIFICATION": "1/hour",
    "RATE_LIMIT_REFRESH": "2/minute",
}


@pytest.fixture(scope="module")
def logged(serve: Serve) -> Service:
    return serve(LOG_FORMAT="json", **LIMITS)


@pytest.fixture
def api(logged: Service) -> Iterator[Api]:
    """Call from an address that nobody else has."""
    transport = httpx.HTTPTransport(local_address=ELSEWHERE)
    with httpx.Client(base_url=logged.url, transport=transport, timeout=30) as client:
        yield Api(client)


@pytest.fixture
def told(logged: Service) -> Callable[..., dict[str, Any]]:
    """Return the line that a request of this test left."""
    before = len(logged.output)

    def line(event: str, reason: str) -> dict[str, Any]:
        def look() -> list[dict[str, Any]]:
            lines = map(json.loads, logged.output[before:].splitlines())
            return [
                it
                for it in lines
                if (event, reason) == (it["body"], it.get("scribes.reason"))
            ]

        found = wait_for(look, f"{event}: {reason}")[-1]
        assert ELSEWHERE == found["client.address"]
        assert found["scribes.request_id"]
        return found

    return line


Told = Callable[..., dict[str, Any]]


def test_a_wrong_current_password_leaves_a_trace(api: Api, told: Told) -> None:
    session = api.session()
    body = {"current_password": WRONG_PASSWORD, "new_password": OTHER_PASSWORD}

    api.post("/auth/change-password", body, token=session["access_token"])

    line = told("Password change refused", "wrong current password")
    assert str(session["user"]["id"]) == line["user.id"]


def test_a_refused_log_in_leaves_a_trace(api: Api, told: Told) -> None:
    person = Person.new()
    user_id = api.register(person).json()["id"]

    api.log_in(person, WRONG_PASSWORD)
    api.log_in(Person.new())

    assert str(user_id) == told("Login failed", "wrong password")["user.id"]
    assert "user.id" not in told("Login failed", "unknown e-mail")


@pytest.mark.parametrize(
    "path", ["/auth/verify?role=admin", "/auth/verify-path/admin/x"]
)
def test_a_role_refused_leaves_a_trace(path: str, api: Api, told: Told) -> None:
    session = api.session()

    answer = api.client.get(
        path, headers={"Authorization": f"Bearer {session['access_token']}"}
    )

    assert 403 == answer.status_code
    line = told("Role refused", "is user, and not admin")
    assert str(session["user"]["id"]) == line["user.id"]


def sid_of(token: str) -> str:
    sid: str = jwt.decode(token, options={"verify_signature": False})["sid"]
    return sid


def test_a_refused_refresh_leaves_a_trace(api: Api, told: Told) -> None:
    session = api.session()
    api.post("/auth/logout", token=session["access_token"])

    api.refresh(session["access_token"])
    api.refresh(session["refresh_token"])

    refused = "Refresh token refused"
    assert "user.id" not in told(refused, "no refresh token of ours")
    line = told(refused, "session or user is gone, ended or inactive")
    assert (str(session["user"]["id"]), "logged_out") == (
        line["user.id"],
        line["scribes.end_reason"],
    )
    assert sid_of(session["refresh_token"]) == line["session.id"]


def test_a_refused_access_token_leaves_a_trace(api: Api, told: Told) -> None:
    session = api.session()
    api.post("/auth/logout", token=session["access_token"])

    api.me("x.y.z")
    api.me(session["access_token"])

    assert "user.id" not in told("Token refused", "no access token of ours")
    line = told("Token refused", "session or user is gone, ended or inactive")
    assert (str(session["user"]["id"]), "logged_out") == (
        line["user.id"],
        line["scribes.end_reason"],
    )


@pytest.mark.parametrize(
    ("event", "paths"),
    [
        ("Verification refused", ["/auth/verify-email", "/verify-email"]),
        (
            "Password reset refused",
            ["/auth/password-reset/confirm", "/reset-password"],
        ),
    ],
)
def test_a_refused_mailed_token_leaves_a_trace(
    event: str, paths: list[str], api: Api, told: Told
) -> None:
    endpoint, page = paths
    body = {"token": "guess", "new_password": PASSWORD}

    api.post(endpoint, body)
    told(event, "no token of ours")
    api.client.post(page, data=body)
    told(event, "no token of ours")


def test_a_spent_mailed_token_leaves_a_trace(
    api: Api, logged: Service, told: Told
) -> None:
    person = api.newcomer()
    body = {"token": logged.mailed_token(person.email, "confirm")}

    for _ in range(2):
        api.post("/auth/verify-email", body)

    told("Verification refused", "verified already")


def test_a_taken_address_leaves_a_trace(api: Api, told: Told) -> None:
    api.register(api.newcomer())

    told("Registration refused", "email_taken")


def test_every_limit_leaves_a_trace(api: Api, told: Told) -> None:
    session = api.session()
    for _ in range(3):
        api.refresh(session["refresh_token"])
    line = told("Over a limit", "over a limit")
    assert ("refresh/minute", str(session["user"]["id"])) == (
        line["scribes.limit"],
        line["user.id"],
    )

    for _ in range(2):
        api.post("/auth/resend-verification", {"email": "nobody@example.com"})
    assert (
        "resend_verification/hour"
        == told("Over a limit", "over a limit")["scribes.limit"]
    )

    person = Person.new()
    while api.log_in(person, WRONG_PASSWORD).status_code != 429:
        pass
    assert "account" == told("Over a limit", "over a limit")["scribes.limit"]


async def test_an_inactive_user_leaves_a_trace(
    logged: Service, api: Api, told: Told
) -> None:
    person = api.newcomer()
    session = api.session(person)
    await deactivate(logged, person)

    api.refresh(session["refresh_token"])

    line = told("Refresh token refused", "session or user is gone, ended or inactive")
    assert str(session["user"]["id"]) == line["user.id"]
