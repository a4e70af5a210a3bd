"""Proxies that ask `/auth/verify` before they let a request through."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.clients.proxies import (
    PROXIES,
    CaddyProxy,
    EnvoyPrefixProxy,
    EnvoyProxy,
    Front,
    NginxProxy,
    TraefikProxy,
)
from tests.http.api import Api, bearer
from tests.servers.service import NO_TLS, Service

AWAY = {NginxProxy: 503, EnvoyProxy: 503, TraefikProxy: 500, CaddyProxy: 502}
"""What each answers while nobody can tell who is calling."""
SPOOFED = {
    "X-Auth-User-Id": "1",
    "x-auth-username": "root",
    "X-AUTH-EMAIL": "root@example.com",
    "X-Auth-Role": "admin",
    "X-Auth-Session-Id": "none",
}


def ask(  # noqa: PLR0913 - a request has so many parts
    proxy: Front,
    token: str | None,
    path: str = "/notes",
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    content: str | None = None,
) -> httpx.Response:
    return httpx.request(
        method,
        f"{proxy.url}{path}",
        headers={**bearer(token), **(headers or {})},
        content=content,
        verify=NO_TLS,
    )


def told(answer: httpx.Response) -> dict[str, str]:
    """Return what the upstream heard of the caller; each header once at most."""
    assert 200 == answer.status_code, answer.text
    heard = [(n, v) for n, v in answer.json()["headers"] if n.startswith("x-auth-")]
    assert len(heard) == len(dict(heard))
    return dict(heard)


def test_without_a_token_the_refusal_is_ours(proxy: Front) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        answer = ask(proxy, None, method=method, content="x")

        assert 401 == answer.status_code
        assert ["Bearer"] == answer.headers.get_list("WWW-Authenticate")
        assert "application/problem+json" == answer.headers["Content-Type"]
        assert "not_authenticated" == answer.json()["code"]


def test_a_bad_token_is_refused(proxy: Front, api: Api) -> None:
    tokens = api.session()

    for bad in ("x", f"{tokens['access_token']}x", tokens["refresh_token"]):
        answer = ask(proxy, bad)

        assert (401, "invalid_token") == (answer.status_code, answer.json()["code"])
        (challenge,) = answer.headers.get_list("WWW-Authenticate")
        assert challenge.startswith('Bearer error="invalid_token"')


def test_the_service_is_told_who_it_is_whatever_the_client_says(
    proxy: Front, auth: Service, api: Api
) -> None:
    person = api.newcomer()
    token = auth.mailed_token(person.email, "confirm")
    api.post("/auth/verify-email", {"token": token})
    tokens = api.session(person)

    for headers in ({}, SPOOFED):
        heard = told(ask(proxy, tokens["access_token"], headers=headers))

        session = heard.pop("x-auth-session-id")
        assert {
            "x-auth-user-id": str(tokens["user"]["id"]),
            "x-auth-username": person.username,
            "x-auth-email": person.email,
            "x-auth-role": "user",
        } == heard
        assert session not in {"", "none"}


# Traefik has no way to drop them, and the pages tell so.
@pytest.mark.parametrize("proxy", [NginxProxy, EnvoyProxy, CaddyProxy], indirect=True)
@pytest.mark.parametrize("name", ["X_Auth_Role", "X-Auth_Role", "X_AUTH-ROLE"])
def test_underscores_make_no_second_header(proxy: Front, api: Api, name: str) -> None:
    token = api.session()["access_token"]

    answer = ask(proxy, token, headers={name: "admin"})

    if answer.status_code != 400:
        roles = [v for n, v in answer.json()["headers"] if n.endswith("role")]
        assert ["user"] == roles


def test_an_address_that_is_not_proved_is_not_told(proxy: Front, api: Api) -> None:
    token = api.session()["access_token"]

    for headers in ({}, SPOOFED):
        heard = told(ask(proxy, token, headers=headers))

        assert "" == heard.get("x-auth-email", "")
        assert "user" == heard["x-auth-role"]


def test_the_request_reaches_the_service_as_it_is(proxy: Front, api: Api) -> None:
    token = api.session()["access_token"]

    answer = ask(proxy, token, "/notes?role=admin&x=%20", method="POST", content="text")

    seen = answer.json()
    assert ("POST", "/notes?role=admin&x=%20", "text") == (
        seen["method"],
        seen["path"],
        seen["body"],
    )


@pytest.mark.parametrize("status", [401, 403, 422, 500])
def test_what_the_service_refuses_itself_stays_its_own(
    proxy: Front, api: Api, status: int
) -> None:
    token = api.session()["access_token"]

    answer = ask(proxy, token, headers={"X-Status": str(status)})

    assert (status, "GET") == (answer.status_code, answer.json()["method"])


def test_a_role_is_demanded_and_no_query_helps(
    proxy: Front, admin: str, api: Api
) -> None:
    token = api.session()["access_token"]

    for query in ("", "?role=user", "?role=user,admin", "?x=1&role=user#"):
        answer = ask(proxy, token, f"/notes/all{query}")

        assert (403, "forbidden") == (answer.status_code, answer.json()["code"])
    assert 401 == ask(proxy, None, "/notes/all").status_code
    heard = told(ask(proxy, admin, "/notes/all"))
    assert "admin" == heard["x-auth-role"]


def test_a_log_out_counts_at_once(proxy: Front, api: Api) -> None:
    token = api.session()["access_token"]
    assert 200 == ask(proxy, token).status_code

    api.post("/auth/logout", token=token)

    answer = ask(proxy, token)
    assert (401, "session_ended") == (answer.status_code, answer.json()["code"])


def test_older_envoys_ask_with_the_path_behind_ours(
    start: Callable[[type[Front]], Front], api: Api
) -> None:
    proxy = start(EnvoyPrefixProxy)
    token = api.session()["access_token"]

    for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
        for path in ("/notes", "/notes/1?role=admin&x=1", "/notes?role=boss"):
            assert 401 == ask(proxy, None, path, method=method).status_code
            answer = ask(proxy, token, path, method=method, headers=SPOOFED)

            assert "user" == told(answer)["x-auth-role"]
            assert (method, path) == (answer.json()["method"], answer.json()["path"])
        for path in ("/notes/all", "/notes/all/", "/notes/all/1?role=user"):
            assert 403 == ask(proxy, token, path, method=method).status_code
    assert 200 == ask(proxy, token, method="HEAD").status_code


def test_nobody_is_let_through_while_nobody_can_tell(
    tmp_path: Path, notes: int
) -> None:
    with (
        Service(tmp_path) as auth,
        auth.client() as client,
        ExitStack() as ends,
    ):
        token = Api(client).session()["access_token"]
        proxies = [kind(auth.port, notes) for kind in PROXIES]
        for proxy in proxies:
            ends.callback(proxy.stop)
            proxy.start()
        assert dict.fromkeys(PROXIES, 200) == statuses(proxies, token)

        auth.kill()

        for path in ("/notes", "/notes/all"):
            for one in (token, None):
                assert statuses(proxies, one, path) == AWAY
        auth.start()
        assert dict.fromkeys(PROXIES, 200) == statuses(proxies, token)


def statuses(
    proxies: Sequence[Front], token: str | None, path: str = "/notes"
) -> dict[type[Front], int]:
    """Return what each answers."""
    return {type(proxy): ask(proxy, token, path).status_code for proxy in proxies}
