"""The shipped nginx and the service mean the same by a path."""

import socket

import pytest

from tests.deploy.front import NAME, Front
from tests.http.spellings import ask, spellings
from tests.http.wire import Wire
from tests.servers import LOOPBACK
from tests.servers.certificates import LocalAuthority

JSON = {"Content-Type": "application/json", "Host": NAME, "Connection": "close"}
LIMITS = {
    "/auth/login": 5,
    "/auth/register": 3,
    "/auth/resend-verification": 3,
    "/auth/password-reset/request": 3,
    "/auth/password-reset/confirm": 3,
    "/auth/change-password": 5,
}


@pytest.mark.parametrize("path", [*LIMITS, "/auth/me", "/auth/verify", "/auth/refresh"])
def test_no_spelling_reaches_what_is_behind_a_path(
    front: Front, authority: LocalAuthority, path: str
) -> None:
    context = authority.client_context()

    def send(target: str) -> int:
        address = (LOOPBACK, front.nginx.port)
        with (
            socket.create_connection(address, 10) as plain,
            context.wrap_socket(plain, server_hostname=NAME) as secured,
        ):
            return ask(Wire(secured), "POST", target, JSON)

    def walk() -> None:
        for spelling in spellings(path):
            assert send(spelling) in {400, 404}, spelling  # some, nginx refuses itself

    walk()
    if quota := LIMITS.get(path):
        answers = [send(path) for _ in range(quota + 1)]
        assert [429] == [status for status in answers if status == 429]
        assert 429 == answers[-1]
        walk()
