"""The shipped nginx and the service mean the same by a path."""

import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.deploy.front import NAME, Front
from tests.http.api import Api, bearer
from tests.http.spellings import ask, declared, instance, spellings
from tests.http.wire import Wire
from tests.servers import LOOPBACK
from tests.servers.certificates import LocalAuthority

HEADERS = {"Content-Type": "application/json", "Host": NAME, "Connection": "close"}
LIMITS = {
    "/auth/login": 5,
    "/auth/register": 3,
    "/auth/resend-verification": 3,
    "/auth/password-reset/request": 3,
    "/auth/password-reset/confirm": 3,
    "/auth/change-password": 5,
}
REFUSED = {400, 404}
"""Some spellings, nginx refuses itself."""

Send: TypeAlias = Callable[..., int]


@pytest.fixture
def send(front: Front, authority: LocalAuthority) -> Send:
    """Return what sends a request, its target as it is, and tells the status."""
    context = authority.client_context()

    def send(method: str, target: str, headers: Mapping[str, str] | None = None) -> int:
        address = (LOOPBACK, front.nginx.port)
        with (
            socket.create_connection(address, 10) as plain,
            context.wrap_socket(plain, server_hostname=NAME) as secured,
        ):
            return ask(Wire(secured), method, target, HEADERS | dict(headers or {}))

    return send


def test_through_nginx_too_a_path_has_one_spelling(send: Send, tmp_path: Path) -> None:
    for method, route in declared(tmp_path):
        if "{path:path}" in route:
            continue  # what stands behind is another's path
        for spelling in spellings(instance(route)):
            assert send(method, spelling) in REFUSED, (method, spelling)


@pytest.mark.parametrize("path", LIMITS)
def test_no_spelling_gets_past_a_limit_and_none_is_counted(
    send: Send, path: str
) -> None:
    answers = [send("POST", path) for _ in range(LIMITS[path] + 1)]

    assert [429] == [status for status in answers if status == 429]
    assert 429 == answers[-1]
    for spelling in spellings(path):
        assert send("POST", spelling) in REFUSED, spelling


def test_whom_a_proxy_alone_may_ask_is_not_asked_from_outside(
    front: Front, send: Send
) -> None:
    user = bearer(Api(front.client("127.0.0.88")).session()["access_token"])

    for path in ("/auth/verify", "/auth/verify-path/admin/notes"):
        for spelling in (path, *spellings(path)):
            assert send("GET", f"{spelling}?role=user", user) in REFUSED, spelling
