"""Every proxy passes what is for users and their programs, and nothing else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import httpx
import pytest

from tests.clients.upstream import notes_upstream
from tests.deploy.front import NAME, PLACES
from tests.deploy.paths import INSIDE, every_route
from tests.deploy.proxies import ShippedCaddy, ShippedTraefik
from tests.http.spellings import instance, spellings
from tests.servers import LOOPBACK
from tests.servers.certificates import LocalAuthority
from tests.servers.nginx import Nginx

Ask: TypeAlias = Callable[[str], httpx.Response]
FOR_BALANCERS = {"nginx": {"/livez"}, "caddy": set[str](), "traefik": set[str]()}
"""What one lets through besides, for a load balancer in front."""


@contextmanager
def nginx(authority: LocalAuthority, port: int) -> Iterator[httpx.Client]:
    chain, key = authority.server_files(NAME, LOOPBACK)
    places = dict.fromkeys(PLACES, f"{LOOPBACK}:{port}")
    server = Nginx(chain, key, places).start()
    with httpx.Client(verify=authority.client_context(), base_url=server.url) as client:
        yield client
    server.stop()


@contextmanager
def caddy(authority: LocalAuthority, port: int) -> Iterator[httpx.Client]:
    server = ShippedCaddy(authority, (port, port)).start()
    with server.client() as client:
        yield client
    server.stop()


@contextmanager
def traefik(authority: LocalAuthority, port: int) -> Iterator[httpx.Client]:
    server = ShippedTraefik(authority, (port, port)).start()
    with server.client() as client:
        yield client
    server.stop()


@pytest.fixture(scope="module", params=[nginx, caddy, traefik])
def proxy(
    request: pytest.FixtureRequest, authority: LocalAuthority
) -> Iterator[tuple[str, httpx.Client]]:
    """Yield a proxy's name, and a client of it; behind it answers whatever is passed."""
    with notes_upstream() as port, request.param(authority, port) as client:
        yield request.param.__name__, client


def is_passed(answer: httpx.Response) -> bool:
    """Tell whether a request arrived behind the proxy."""
    if answer.status_code == 200:
        assert "headers" in answer.json()
        return True
    assert answer.status_code in {400, 404}, answer.status_code
    return False


def test_each_route_is_passed_if_it_is_for_users_and_no_other(
    proxy: tuple[str, httpx.Client], tmp_path: Path
) -> None:
    name, client = proxy
    routes = every_route(tmp_path)

    passed = {one for one in routes if is_passed(client.get(instance(one)))}

    assert routes - INSIDE | FOR_BALANCERS[name] == passed
    assert routes >= INSIDE


@pytest.mark.parametrize("path", ["/metrics", "/health", "/readyz", "/auth/verify"])
def test_what_is_inside_is_hidden_however_it_is_spelt(
    proxy: tuple[str, httpx.Client], path: str
) -> None:
    _, client = proxy
    tricks = (f"{path}?x=/auth/login", f"/auth/login/..{path}", f"/auth/me%2f..{path}")

    for spelling in [path, *spellings(path), *tricks]:
        if spelling.startswith("/"):
            answer = client.get(client.base_url.copy_with(raw_path=spelling.encode()))

            assert not is_passed(answer), spelling


def test_a_query_changes_nothing(proxy: tuple[str, httpx.Client]) -> None:
    _, client = proxy

    answer = client.get("/verify-email?token=/metrics")

    assert "/verify-email?token=/metrics" == answer.json()["path"]


def test_the_service_is_told_who_connected_and_nothing_else_of_who_is_asking(
    proxy: tuple[str, httpx.Client],
) -> None:
    _, client = proxy
    made_up = {
        "X-Forwarded-For": "203.0.113.9",
        "Forwarded": "for=203.0.113.9",
        "traceparent": f"00-{'a' * 32}-{'b' * 16}-00",
    }

    heard = client.get("/auth/me", headers=made_up).json()["headers"]

    told = {name: value for name, value in heard if value}
    assert LOOPBACK == told["x-forwarded-for"]
    assert told.keys().isdisjoint({"forwarded", "traceparent"})
