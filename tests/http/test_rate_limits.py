import math
import re
from collections.abc import Callable

import httpx
import pytest

from tests.http.api import OTHER_PASSWORD, Api, Person, assert_problem
from tests.http.conftest import Serve
from tests.servers.databases import ON_SQLITE
from tests.servers.service import Service

pytestmark = ON_SQLITE  # attempts are not counted in the storage

STATE = re.compile(r'"(?P<name>[^"]+)";r=(?P<left>\d+);t=(?P<seconds>\d+)')
POLICY = re.compile(r'"(?P<name>[^"]+)";q=(?P<quota>\d+);w=(?P<window>\d+)')

MINUTE, HOUR = 60, 3600


@pytest.fixture(scope="module")
def limited(serve: Serve) -> Service:
    return serve(RATE_LIMIT_ENABLED="true")


@pytest.fixture
def guarded(limited: Service, connect: Callable[[Service], Api]) -> Api:
    return connect(limited)


def state_of(answer: httpx.Response) -> tuple[str, int, int]:
    found = STATE.fullmatch(answer.headers["RateLimit"])
    assert found
    return found["name"], int(found["left"]), int(found["seconds"])


def policy_of(answer: httpx.Response) -> tuple[str, int, int]:
    found = POLICY.fullmatch(answer.headers["RateLimit-Policy"])
    assert found
    return found["name"], int(found["quota"]), int(found["window"])


def assert_the_next_is_too_many(
    ask: Callable[[], httpx.Response], quota: int, window: int
) -> None:
    """Use the quota up, and check what each answer says of it."""
    allowed = [ask() for _ in range(quota)]
    refused = ask()

    assert 429 not in {answer.status_code for answer in allowed}
    for left, answer in zip(reversed(range(quota)), allowed, strict=True):
        name, remaining, seconds = state_of(answer)
        assert left == remaining
        assert 0 < seconds <= window
        assert (name, quota, window) == policy_of(answer)
        assert "Retry-After" not in answer.headers
    problem = assert_problem(refused, 429)
    assert "too_many_attempts" == problem["code"]
    name, remaining, seconds = state_of(refused)
    assert 0 == remaining
    assert (name, quota, window) == policy_of(refused)
    assert str(seconds) == refused.headers["Retry-After"]
    assert math.ceil(window * 0.5) < seconds <= window


def test_the_sixth_log_in_in_a_minute_must_wait(guarded: Api) -> None:
    body = {"email": "nobody@example.com", "password": "test123"}

    assert_the_next_is_too_many(
        lambda: guarded.post("/auth/login", body), quota=5, window=MINUTE
    )


def test_the_fourth_registration_in_an_hour_must_wait(guarded: Api) -> None:
    assert_the_next_is_too_many(
        lambda: guarded.register(Person.new()), quota=3, window=HOUR
    )


def test_asking_for_a_reset_and_confirming_it_count_apart(guarded: Api) -> None:
    request = {"email": "nobody@example.com"}
    confirmation = {"token": "x", "new_password": OTHER_PASSWORD}

    assert_the_next_is_too_many(
        lambda: guarded.post("/auth/password-reset/request", request), 3, HOUR
    )
    assert_the_next_is_too_many(
        lambda: guarded.post("/auth/password-reset/confirm", confirmation), 3, HOUR
    )
    # The page behind the mailed link is another door to the same room.
    page = guarded.client.post("/reset-password", data={"token": "x"})
    assert 429 == page.status_code
    assert 200 == guarded.client.get("/reset-password?token=x").status_code


def test_resending_and_changing_are_limited_too(guarded: Api) -> None:
    request = {"email": "nobody@example.com"}
    change = {"current_password": "x", "new_password": OTHER_PASSWORD}

    assert_the_next_is_too_many(
        lambda: guarded.post("/auth/resend-verification", request), 3, HOUR
    )
    assert_the_next_is_too_many(
        lambda: guarded.post("/auth/change-password", change), 5, MINUTE
    )


def test_what_has_no_limit_says_nothing_of_one(guarded: Api) -> None:
    for _ in range(20):
        answer = guarded.refresh("x")

        assert 401 == answer.status_code
        assert "RateLimit" not in answer.headers


def test_every_limit_can_be_changed_and_no_header_talks_it_away(
    serve: Serve, connect: Callable[[Service], Api]
) -> None:
    api = connect(
        serve(
            RATE_LIMIT_ENABLED="true",
            RATE_LIMIT_LOGIN="2/second;7/day",
            RATE_LIMIT_REGISTER="1/minute",
            RATE_LIMIT_PASSWORD_RESET="1/day",
            RATE_LIMIT_RESEND_VERIFICATION="1/day",
            RATE_LIMIT_CHANGE_PASSWORD="1/hour",
        )
    )

    for path, window in (
        ("register", MINUTE),
        ("password-reset/request", 24 * HOUR),
        ("password-reset/confirm", 24 * HOUR),
        ("resend-verification", 24 * HOUR),
        ("change-password", HOUR),
    ):
        first, second = (
            api.client.post(f"/auth/{path}", content=b"{", headers=forwarded(number))
            for number in range(2)
        )
        assert 415 == first.status_code  # what can't be read counts, too
        assert (1, window) == policy_of(first)[1:]
        assert_problem(second, 429)
    both = api.post("/auth/login", {})
    assert [("2", "1"), ("7", str(24 * HOUR))] == [
        (found["quota"], found["window"])
        for found in POLICY.finditer(both.headers["RateLimit-Policy"])
    ]


def forwarded(number: int) -> dict[str, str]:
    """Return the headers of somebody who claims to come from elsewhere each time."""
    return {
        "X-Forwarded-For": f"203.0.113.{number}",
        "X-Real-IP": f"203.0.113.{number}",
        "Forwarded": f"for=203.0.113.{number}",
    }


def test_the_limits_can_be_switched_off(api: Api) -> None:
    for _ in range(10):
        answer = api.post("/auth/login", {"email": "x", "password": "y"})

        assert 401 == answer.status_code
        assert "RateLimit" not in answer.headers
