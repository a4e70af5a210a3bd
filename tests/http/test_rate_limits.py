import math
from collections.abc import Callable
from typing import TypeAlias, cast

import http_sf
import httpx
import pytest

from tests.http.api import OTHER_PASSWORD, Api, Person, assert_problem
from tests.http.conftest import Serve
from tests.servers.databases import ON_MEMORY, Settings
from tests.servers.service import Service

pytestmark = ON_MEMORY  # attempts are not counted in the storage

JSON = {"Content-Type": "application/json"}
MINUTE, HOUR = 60, 3600
QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded"

Member: TypeAlias = tuple[str, dict[str, int]]
"""A String and its parameters."""


@pytest.fixture(scope="module")
def limited(serve: Serve, counted: Settings) -> Service:
    return serve(**counted, RATE_LIMIT_ENABLED="true")


@pytest.fixture
def guarded(limited: Service, connect: Callable[[Service], Api]) -> Api:
    return connect(limited)


def members(answer: httpx.Response, field: str) -> list[Member]:
    """Return a structured field that is a list (RFC 9651), by a reader that is not ours."""
    text = answer.headers[field].encode()
    read = cast("list[Member]", http_sf.parse(text, tltype="list"))
    assert all(type(name) is str for name, _ in read)
    assert all(type(n) is int for _, parameters in read for n in parameters.values())
    return read


def state_of(answer: httpx.Response) -> tuple[str, int, int]:
    """Return the name of the only limit, what is left of it, and for how many seconds."""
    ((name, parameters),) = members(answer, "RateLimit")
    assert ["r", "t"] == [*parameters]
    return name, parameters["r"], parameters["t"]


def policy_of(answer: httpx.Response) -> tuple[str, int, int]:
    ((name, parameters),) = members(answer, "RateLimit-Policy")
    assert ["q", "w"] == [*parameters]
    return name, parameters["q"], parameters["w"]


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
    name, remaining, seconds = state_of(refused)
    detail = f"Too many requests, try again in {seconds} seconds"
    problem = assert_problem(refused, 429, detail)
    assert ("too_many_attempts", QUOTA_EXCEEDED, [name]) == (
        problem["code"],
        problem["type"],
        problem["violated-policies"],
    )
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
    name, remaining, seconds = state_of(page)
    assert ("password_reset_confirm/hour", 0) == (name, remaining)
    assert (429, str(seconds)) == (page.status_code, page.headers["Retry-After"])
    assert page.headers["Content-Type"].startswith("text/html")
    assert f"Too many requests, try again in {seconds} seconds." in page.text
    assert 400 == guarded.client.get("/reset-password?token=x").status_code


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
            api.client.post(
                f"/auth/{path}", content=b"{", headers=JSON | forwarded(number)
            )
            for number in range(2)
        )
        assert first.status_code in {400, 401}  # what can't be read counts, too
        assert (1, window) == policy_of(first)[1:]
        assert_problem(second, 429)


def test_every_answer_of_a_limited_endpoint_tells_of_each_of_its_limits(
    serve: Serve, connect: Callable[[Service], Api]
) -> None:
    limits = {"RATE_LIMIT_LOGIN": "4/minute;20/hour;5/day"}
    api = connect(serve(RATE_LIMIT_ENABLED="true", **limits))
    person = api.newcomer()

    answers = [
        api.log_in(person),
        api.log_in(person, "wrong"),
        api.post("/auth/login", {}),
        api.client.post("/auth/login", content=b"{", headers=JSON),
        api.log_in(person),
    ]

    assert [200, 401, 422, 400, 429] == [answer.status_code for answer in answers]
    names = ["login/minute", "login/hour", "login/day"]
    for used, answer in zip((1, 2, 3, 4, 4), answers, strict=True):
        assert [(4, MINUTE), (20, HOUR), (5, 24 * HOUR)] == [
            (policy["q"], policy["w"])
            for _, policy in members(answer, "RateLimit-Policy")
        ]
        states = members(answer, "RateLimit")
        assert names == [name for name, _ in states]
        assert [4 - used, 20 - used, 5 - used] == [state["r"] for _, state in states]
    assert ["login/minute"] == assert_problem(answers[-1], 429)["violated-policies"]


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
