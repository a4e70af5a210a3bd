import re
from collections.abc import Callable

import httpx
import pytest

from tests.http.api import Api, assert_problem
from tests.http.conftest import Serve
from tests.servers.databases import ON_MEMORY
from tests.servers.service import Service

pytestmark = ON_MEMORY  # headers are the same whatever is stored

APP = "https://app.example"
GENERATED = re.compile(r"[0-9a-f]{32}")


@pytest.fixture(scope="module")
def behind_https(serve: Serve) -> Service:
    return serve(
        CORS_ORIGINS=f"{APP}, https://admin.example",
        PUBLIC_URL="https://auth.example",
    )


@pytest.fixture
def secure(behind_https: Service, connect: Callable[[Service], Api]) -> Api:
    return connect(behind_https)


def preflight(api: Api, origin: str, path: str, method: str) -> httpx.Response:
    return api.client.options(
        path,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )


def granted(answer: httpx.Response) -> set[str]:
    return {name for name in answer.headers if name.startswith("access-control-")}


def test_a_request_keeps_the_id_it_came_with(api: Api) -> None:
    for given in ("a", "7f3a-4b.c_D", "x" * 64):
        answer = api.client.get("/livez", headers={"X-Request-ID": given})

        assert given == answer.headers["X-Request-ID"]


def test_a_hostile_or_missing_request_id_is_replaced(
    service: Service, api: Api
) -> None:
    hostile = ("x" * 65, "a b", "forged=1", "é", '"', "%0a", "")

    answers = [
        api.client.get("/nowhere", headers=[(b"X-Request-ID", given.encode())])
        for given in hostile
    ]
    answers.append(api.client.get("/nowhere"))

    ids = [answer.headers["X-Request-ID"] for answer in answers]
    assert all(GENERATED.fullmatch(one) for one in ids)
    assert len(hostile) + 1 == len(set(ids))
    assert "forged=1" not in service.output


def test_a_request_id_leads_to_its_log_line(service: Service, api: Api) -> None:
    api.client.get("/auth/me", headers={"X-Request-ID": "find-me"})

    (line,) = [line for line in service.output.splitlines() if "find-me" in line]
    assert "GET /auth/me 401 Unauthorized" in line


def test_every_answer_has_the_security_headers_and_names_no_server(api: Api) -> None:
    tokens = api.session()
    answers = [
        api.me(tokens["access_token"]),
        api.refresh(tokens["refresh_token"]),
        api.me("x"),
        api.post("/auth/login", {}),
        *map(api.client.get, ("/health", "/nowhere", "/docs", "/openapi.json")),
        api.client.get("/verify-email?token=x"),
    ]

    for answer in answers:
        assert "no-store" == answer.headers["Cache-Control"]
        assert "nosniff" == answer.headers["X-Content-Type-Options"]
        assert "DENY" == answer.headers["X-Frame-Options"]
        # To another site neither tells where somebody came from.
        assert answer.headers["Referrer-Policy"] in {"no-referrer", "same-origin"}
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "server" not in answer.headers


def test_hsts_is_for_who_is_reached_over_https(api: Api, secure: Api) -> None:
    assert "Strict-Transport-Security" not in api.client.get("/livez").headers
    hsts = secure.client.get("/livez").headers["Strict-Transport-Security"]
    assert "max-age=63072000" == hsts


@pytest.mark.parametrize("origin", [APP, "https://admin.example"])
def test_a_listed_origin_may_ask(secure: Api, origin: str) -> None:
    answer = preflight(secure, origin, "/auth/login", "POST")

    assert answer.is_success
    assert origin == answer.headers["Access-Control-Allow-Origin"]
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert {"authorization", "content-type"} <= {
        name.strip() for name in allowed.split(",")
    }
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_listed_origin_may_read_every_answer(secure: Api) -> None:
    headers = {"Origin": APP}
    good = secure.client.get("/livez", headers=headers)
    refused = secure.client.get("/auth/me", headers=headers)
    missing = secure.client.get("/nowhere", headers=headers)

    assert_problem(refused, 401)
    for answer in (good, refused, missing):
        assert APP == answer.headers["Access-Control-Allow-Origin"]
        exposed = answer.headers["Access-Control-Expose-Headers"]
        for name in ("Retry-After", "RateLimit", "RateLimit-Policy", "X-Request-ID"):
            assert name in exposed.split(", ")


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://app.example", f"{APP}.evil"]
)
def test_a_foreign_origin_gets_nothing(secure: Api, origin: str) -> None:
    asked = preflight(secure, origin, "/auth/login", "POST")
    answered = secure.client.get("/livez", headers={"Origin": origin})

    assert set() == granted(asked)
    assert set() == granted(answered)


def test_where_origins_are_listed_every_answer_says_that_it_varies_by_them(
    api: Api, secure: Api
) -> None:
    for headers in ({}, {"Origin": APP}, {"Origin": "https://evil.example"}):
        for path in ("/.well-known/jwks.json", "/livez", "/nowhere", "/auth/me"):
            answer = secure.client.get(path, headers=headers)

            assert "Origin" == answer.headers["Vary"]
    assert "Vary" not in api.client.get("/.well-known/jwks.json").headers


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/nowhere", "GET", 404), ("/auth/login", "PUT", 405), ("//livez", "GET", 404)],
)
def test_a_page_sees_that_it_asked_for_what_there_is_not(
    secure: Api, path: str, method: str, status: int
) -> None:
    asked = preflight(secure, APP, path, method)
    answer = secure.client.request(method, path, headers={"Origin": APP})

    assert asked.is_success
    assert method in asked.headers["Access-Control-Allow-Methods"].split(", ")
    assert_problem(answer, status)
    assert APP == answer.headers["Access-Control-Allow-Origin"]


def test_nobody_is_listed_by_default(api: Api) -> None:
    assert set() == granted(preflight(api, APP, "/auth/login", "POST"))


def test_every_origin_may_be_listed(
    serve: Serve, connect: Callable[[Service], Api]
) -> None:
    api = connect(serve(CORS_ORIGINS="*"))

    answer = preflight(api, "https://any.example", "/auth/me", "GET")

    assert "*" == answer.headers["Access-Control-Allow-Origin"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
