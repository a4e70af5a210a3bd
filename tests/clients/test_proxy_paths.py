"""What a proxy takes a path for, and what the service behind it may."""

import re
import socket
from collections.abc import Callable

import httpx
import pytest

from tests.clients.proxies import EnvoyPrefixProxy, Front
from tests.http.api import Api, bearer
from tests.http.spellings import spellings
from tests.http.wire import Wire

OPEN = re.compile(r"/notes(/[0-9]+)?(\?.*)?")
"""What the pages list for anybody who is signed in; all else is an administrator's."""

REFUSALS = {301, 307, 308, 400, 403, 404}
"""A proxy may also refuse such a path itself, or say where it would look for it."""

CLOSED = [
    "/notes/all",
    *spellings("/notes/all"),
    *spellings("/notes/all/1"),
    "/notes/ALL",
    "/notes/aLl/1",
    "/NOTES/all",
    "/notes;/all",
    "/notes;x=1/all",
    "/notes/.;/all",
    "/notes/all/../x",
    "/notes/all/..;/x",
    "/notes/all/%2e%2e/x",
    "/notes/all/..%2fx",
    "/notes/all.",
    "/notes/all..",
    "/notes./all",
    "/notes/all/...",
    "/notes/all\\..\\x",
    "/notes/%5call",
    "/notes%252fall",
    "/notes/1/../all",
    "/notes/1/..%2fall",
    "/notes/1%2f..%2fall",
    "/notes/1;/../all",
    "/notes/1/%2e%2e/%61ll",
    "/notes/all%09",
    "/notes/all%0a",
    "/notes%00/all",
    "/notes/a%6Cl",
    "/notes/al%C7%80",
    "/notes/%EF%BD%81ll",
    "/notes/all#/../1",
    "/notes/1x",
    "/notes/1%0a",
    "/notes/1/",
    "/notesx",
    "/notes/",
    "/",
    "/livez",
    "/notes/../livez",
    "/../livez",
]


def send(proxy: Front, target: str, token: str | None) -> httpx.Response:
    """Ask for a path as it is spelt, which clients would make neater."""
    with socket.create_connection((proxy.host, proxy.port), 10) as connection:
        wire = Wire(connection)
        host = f"{proxy.host}:{proxy.port}"
        fields = {"Host": host, "Connection": "close", **bearer(token)}
        lines = (f"{name}: {value}" for name, value in fields.items())
        wire.send(f"GET {target} HTTP/1.1", *lines)
        return wire.answer()


def closed_to(proxy: Front, token: str | None, paths: list[str]) -> None:
    for path in paths:
        answer = send(proxy, path, token)
        if answer.status_code == 200 and not answer.content:
            continue  # Caddy, for the name of another site: nobody was asked
        if answer.status_code == 200:
            # What reached the service is exactly one of the open ones.
            assert token, path
            assert OPEN.fullmatch(answer.json()["path"]), path
        else:
            refusals = REFUSALS if token else REFUSALS | {401}
            assert answer.status_code in refusals, (path, answer.status_code)


def test_no_spelling_of_a_path_gets_around_the_role(proxy: Front, api: Api) -> None:
    closed_to(proxy, api.session()["access_token"], CLOSED)


def test_no_spelling_of_a_path_opens_without_a_token(proxy: Front) -> None:
    closed_to(proxy, None, [*CLOSED, "/notes", "/notes/1"])


@pytest.mark.parametrize(
    "path", ["/notes", "/notes/17", "/notes?x=/../all&y=%2f", "/notes/1?a&b"]
)
def test_what_is_listed_is_open_to_who_is_signed_in(
    proxy: Front, api: Api, path: str
) -> None:
    answer = send(proxy, path, api.session()["access_token"])

    assert 200 == answer.status_code
    assert path == answer.json()["path"]


def test_an_administrator_gets_what_is_not_listed(proxy: Front, admin: str) -> None:
    for path in ("/notes/all", "/notes/all/1?page=2", "/notes/ALL"):
        answer = send(proxy, path, admin)

        assert (200, path) == (answer.status_code, answer.json()["path"])


@pytest.mark.soak
def test_older_envoys_close_the_same_paths(
    start: Callable[[type[Front]], Front], api: Api, admin: str
) -> None:
    proxy = start(EnvoyPrefixProxy)

    closed_to(proxy, api.session()["access_token"], CLOSED)
    closed_to(proxy, None, CLOSED)
    assert 200 == send(proxy, "/notes/all", admin).status_code
