from collections.abc import Callable, Mapping

import httpx
import pytest

from tests.http.api import Api, assert_problem
from tests.http.conftest import Serve
from tests.servers.databases import ON_MEMORY
from tests.servers.service import Service

pytestmark = ON_MEMORY  # nothing of it reaches the storage

APP = "https://app.example"
EVIL = "https://evil.example"
CROSS = {"Sec-Fetch-Site": "cross-site", "Origin": EVIL}
FORM = "application/x-www-form-urlencoded"
SIMPLE = ("text/plain", "text/plain;charset=UTF-8", FORM, "multipart/form-data", None)
LIMITED = (
    "/auth/login",
    "/auth/register",
    "/auth/resend-verification",
    "/auth/password-reset/request",
    "/auth/password-reset/confirm",
    "/auth/change-password",
)


@pytest.fixture(scope="module")
def limited(serve: Serve) -> Service:
    return serve(RATE_LIMIT_ENABLED="true", CORS_ORIGINS=APP)


@pytest.fixture
def guarded(limited: Service, connect: Callable[[Service], Api]) -> Api:
    return connect(limited)


def send(
    api: Api, path: str, media: str | None, headers: Mapping[str, str]
) -> httpx.Response:
    media_type = {} if media is None else {"Content-Type": media}
    return api.client.post(path, content=b"{}", headers={**headers, **media_type})


@pytest.mark.parametrize("path", LIMITED)
@pytest.mark.parametrize("headers", [{}, CROSS, {"Origin": EVIL}, {"Origin": "null"}])
def test_what_a_page_sends_without_asking_costs_its_visitor_nothing(
    guarded: Api, path: str, headers: Mapping[str, str]
) -> None:
    for media in SIMPLE:
        for _ in range(2):
            answer = send(guarded, path, media, headers)

            assert_problem(answer, 415)
            assert "RateLimit" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        CROSS,
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": APP},
        {"Origin": EVIL},
        {"Origin": APP},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://["},
    ],
)
@pytest.mark.parametrize("path", ["/reset-password", "/verify-email"])
def test_a_form_of_another_site_is_refused_and_not_counted(
    guarded: Api, path: str, headers: Mapping[str, str]
) -> None:
    for _ in range(4):
        answer = guarded.client.post(path, data={"token": "x"}, headers=headers)

        assert 403 == answer.status_code
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "another site" in answer.text
        assert "RateLimit" not in answer.headers


def test_our_own_form_is_taken_from_every_browser(
    limited: Service, guarded: Api
) -> None:
    for headers in (
        {"Sec-Fetch-Site": "same-origin", "Origin": limited.url},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": limited.url},
        {},
    ):
        answer = guarded.client.post(
            "/verify-email", data={"token": "x"}, headers=headers
        )

        assert 400 == answer.status_code
        assert "This link is no longer good" in answer.text


def test_our_own_origin_is_known_however_our_url_is_written(
    serve: Serve, connect: Callable[[Service], Api]
) -> None:
    ours = connect(serve(PUBLIC_URL="HTTPS://Auth.Example.com:443/base"))

    answer = ours.client.post(
        "/verify-email",
        data={"token": "x"},
        headers={"Origin": "https://auth.example.com"},
    )

    assert 400 == answer.status_code
    assert "This link is no longer good" in answer.text
    assert "Strict-Transport-Security" in answer.headers


def test_a_page_that_is_listed_may_send_json_and_is_counted(guarded: Api) -> None:
    answer = guarded.client.post(
        "/auth/login",
        json={"email": "x@example.com", "password": "y"},
        headers={"Origin": APP, "Sec-Fetch-Site": "cross-site"},
    )

    assert_problem(answer, 401)
    assert "RateLimit" in answer.headers
