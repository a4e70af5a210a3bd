"""Limits by who is calling, and what browsers may send and read across sites."""

from collections.abc import Iterator

import httpx
import pytest

from tests.http.api import PASSWORD, Person, assert_problem
from tests.http.house import House, Member, house

APP = "https://app.example"
EVIL = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    settings = {
        "rate_limit_enabled": True,
        "rate_limit_admin": "3/hour",
        "rate_limit_login": "900/minute",
        "rate_limit_change_email": "2/hour",
        "rate_limit_change_password": "2/hour",
        "rate_limit_password_reset": "2/hour",
        "rate_limit_invitation": "2/hour",
        "cors_origins": APP,
    }
    with house(tmp_path_factory.mktemp("limited"), **settings) as home:
        yield home


def assert_over(answer: httpx.Response, limit: str) -> None:
    problem = assert_problem(answer, 429)
    assert [limit] == problem["violated-policies"]
    assert int(answer.headers["Retry-After"]) > 0
    assert f'"{limit}";r=0' in answer.headers["RateLimit"]
    assert f'"{limit}";q=' in answer.headers["RateLimit-Policy"]


def test_administrators_are_counted_each_by_themselves(limited: House) -> None:
    first, second, user = limited.admin(), limited.admin(), limited.member()

    refused = [limited.ask("GET", "/admin/stats", it) for it in (user, None) * 3]
    good = [
        limited.ask("GET", "/admin/stats", first),
        limited.ask("PATCH", user.path, first, {"locale": "de"}),
        limited.ask("DELETE", f"/admin/sessions/{user.session_id}", first),
    ]
    over = [
        limited.ask("GET", "/admin/stats", first),
        limited.ask("DELETE", user.path, first),
        limited.ask("GET", "/admin/users", limited.logged_in(first.person)),
    ]
    other = limited.ask("GET", user.path, second)

    assert [403, 401] * 3 == [it.status_code for it in refused]
    assert all("RateLimit" not in it.headers for it in refused)
    assert [200, 200, 204] == [it.status_code for it in good]
    left = [it.headers["RateLimit"].partition(";t")[0] for it in good]
    assert [f'"admin/hour";r={it}' for it in (2, 1, 0)] == left
    for answer in over:
        assert_over(answer, "admin/hour")
    assert 200 == other.status_code


def test_an_admin_over_the_limit_is_refused_before_a_body_is_read(
    limited: House,
) -> None:
    admin = limited.admin()
    for _ in range(3):
        limited.ask("GET", "/admin/stats", admin)

    assert 429 == limited.ask("PATCH", admin.path, admin, {"role": "root"}).status_code


@pytest.mark.parametrize(
    ("path", "bucket"),
    [
        ("/auth/invitation/accept", "invitation_accept/hour"),
        ("/auth/change-email/confirm", "change_email_confirm/hour"),
        ("/auth/change-email/undo", "change_email_undo/hour"),
    ],
)
def test_guessing_at_mailed_tokens_is_limited_by_address_on_page_and_api_together(
    limited: House, path: str, bucket: str
) -> None:
    page = path.removeprefix("/auth").removesuffix("/accept").removesuffix("/confirm")
    body = {"token": "x", "new_password": PASSWORD}

    answers = [
        limited.api.post(path, body),
        limited.client.post(page, data=body),
        limited.client.post(page, data=body),
    ]

    assert [400, 400, 429] == [it.status_code for it in answers]
    assert_over(limited.api.post(path, body), bucket)


def test_what_asks_for_the_password_is_limited_by_address(limited: House) -> None:
    user = limited.member()
    new = {"password": PASSWORD, "new_email": Person.new().email}
    wrong = {"password": "x"}

    changes = [limited.ask("POST", "/auth/change-email", user, new) for _ in range(3)]
    guesses = [limited.ask("DELETE", "/auth/me", user, wrong) for _ in range(3)]

    assert [202, 202, 429] == [it.status_code for it in changes]
    assert_over(changes[-1], "change_email/hour")
    assert [400, 400, 429] == [it.status_code for it in guesses]
    assert_over(guesses[-1], "change_password/hour")


@pytest.fixture(scope="module")
def open_to_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    directory = tmp_path_factory.mktemp("app")
    with house(directory, rate_limit_enabled=True, cors_origins=APP) as home:
        yield home


@pytest.fixture(scope="module")
def admin(open_to_app: House) -> Member:
    return open_to_app.admin()


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/admin/users/7", "/auth/me", "/auth/sessions/x"])
def test_a_page_of_a_listed_origin_may_ask_to_change_and_remove(
    open_to_app: House, path: str, method: str
) -> None:
    wanted = {
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,if-match,content-type",
    }

    ours, foreign = (
        open_to_app.client.options(path, headers=wanted | {"Origin": origin})
        for origin in (APP, EVIL["Origin"])
    )

    assert 204 == ours.status_code
    assert method in ours.headers["Access-Control-Allow-Methods"].split(", ")
    assert "if-match" in ours.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Origin" not in foreign.headers


def test_such_a_page_may_read_tags_and_places(
    open_to_app: House, admin: Member
) -> None:
    answer = open_to_app.ask("GET", admin.path, admin, Origin=APP)

    exposed = set(answer.headers["Access-Control-Expose-Headers"].split(", "))
    assert {"ETag", "Location", "Content-Disposition", "RateLimit"} <= exposed
    assert APP == answer.headers["Access-Control-Allow-Origin"]


def test_what_a_foreign_page_sends_changes_and_costs_nothing(
    open_to_app: House, admin: Member
) -> None:
    user = open_to_app.member()
    for method, path in (("DELETE", "/auth/me"), ("POST", "/auth/change-email")):
        for media in ("text/plain", "application/x-www-form-urlencoded"):
            answer = open_to_app.client.request(
                method, path, content=b"{}", headers=EVIL | {"Content-Type": media}
            )
            assert_problem(answer, 415)
            assert "RateLimit" not in answer.headers
    for method, path in (
        ("DELETE", user.path),
        ("POST", f"{user.path}/password-reset"),
        ("DELETE", f"/admin/sessions/{user.session_id}"),
    ):
        # Without a token, which no browser adds by itself, nobody is asked for.
        assert 401 == open_to_app.client.request(method, path, headers=EVIL).status_code
    assert 200 == open_to_app.ask("GET", user.path, admin).status_code


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/admin/users", {"GET", "POST"}),
        ("POST", "/admin/users/7", {"DELETE", "GET", "PATCH"}),
        ("GET", "/admin/users/7/unlock", {"POST"}),
        ("POST", "/auth/sessions", {"DELETE", "GET"}),
        ("GET", "/auth/sessions/x", {"DELETE"}),
        ("POST", "/auth/me", {"DELETE", "GET", "PATCH"}),
        ("DELETE", "/admin/events", {"GET"}),
    ],
)
def test_allow_names_what_a_path_takes(
    open_to_app: House, method: str, path: str, allowed: set[str]
) -> None:
    refused = open_to_app.client.request(method, path)
    asked = open_to_app.client.options(path)

    assert 405 == refused.status_code
    for answer in (refused, asked):
        assert allowed == {*answer.headers["Allow"].split(", ")} - {"OPTIONS"}
