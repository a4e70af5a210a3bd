"""Caddy and Traefik, as we ship them, in front of replicas."""

import socket
from collections.abc import Iterator
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import httpx
import pytest

from tests.deploy.front import NAME, PLACES
from tests.deploy.proxies import ShippedCaddy, ShippedProxy, ShippedTraefik
from tests.http.api import Api, Person, assert_problem
from tests.http.wire import Wire
from tests.servers import LOOPBACK
from tests.servers.certificates import LocalAuthority
from tests.servers.processes import free_port
from tests.servers.service import NO_TLS, Service, wait_for

QUOTA = 5
"""Log-ins in a minute that one address has, in all replicas together."""


@pytest.fixture(scope="module", params=[ShippedCaddy, ShippedTraefik])
def proxy(
    request: pytest.FixtureRequest, authority: LocalAuthority, replicas: list[Service]
) -> Iterator[ShippedProxy]:
    kind: type[ShippedProxy] = request.param
    proxy = kind(authority, [it.port for it in replicas]).start()
    yield proxy
    proxy.stop()


def test_a_life_of_an_account_over_tls(proxy: ShippedProxy) -> None:
    with proxy.client("127.0.0.41") as client:
        api = Api(client)
        person = Person.new()

        assert 201 == api.register(person).status_code
        tokens = api.log_in(person).json()
        answers = [api.me(tokens["access_token"]) for _ in "abcd"]

    for answer in answers:
        assert person.email == answer.json()["email"]
        assert ["max-age=63072000"] == answer.headers.get_list(
            "Strict-Transport-Security"
        )


def test_it_speaks_http_2(proxy: ShippedProxy, authority: LocalAuthority) -> None:
    context = authority.client_context()
    context.set_alpn_protocols(["h2", "http/1.1"])

    with (
        socket.create_connection((LOOPBACK, proxy.port), 10) as plain,
        context.wrap_socket(plain, server_hostname=NAME) as secured,
    ):
        assert "h2" == secured.selected_alpn_protocol()


def test_plain_http_is_sent_to_https_on_our_own_name_alone(proxy: ShippedProxy) -> None:
    def location(host: str) -> str | None:
        answer = httpx.get(
            f"http://{LOOPBACK}:{proxy.http_port}/auth/me?x=1",
            headers={"Host": host},
            verify=NO_TLS,
        )
        assert answer.status_code in {301, 308, 404}
        found: str | None = answer.headers.get("Location")
        return found

    assert f"https://{NAME}/auth/me?x=1" == location(NAME)
    assert location("elsewhere.example.com") in {f"https://{NAME}/auth/me?x=1", None}


def test_each_client_is_counted_by_its_own_address_whatever_it_says(
    proxy: ShippedProxy,
) -> None:
    made_up = {"X-Forwarded-For": "203.0.113.1", "Forwarded": "for=203.0.113.1"}
    source = "127.0.1.1" if isinstance(proxy, ShippedCaddy) else "127.0.1.2"
    with proxy.client(source) as client:
        answers = [
            client.post(
                "/auth/login",
                json=Person.new().credentials,
                headers={"X-Forwarded-For": f"203.0.113.{number}"}
                if number
                else made_up,
            )
            for number in range(QUOTA + 1)
        ]

    assert [*[401] * QUOTA, 429] == [answer.status_code for answer in answers]


def test_a_body_that_is_too_large_is_refused(proxy: ShippedProxy) -> None:
    with proxy.client() as client:
        answer = client.post("/auth/login", json="x" * 65536)

    assert 413 == answer.status_code


def test_what_one_client_spoils_keeps_nobody_else_out(
    proxy: ShippedProxy, authority: LocalAuthority
) -> None:
    head = "POST /auth/login HTTP/1.1", f"Host: {NAME}", "Transfer-Encoding: chunked"

    for _ in PLACES:
        with (
            socket.create_connection((LOOPBACK, proxy.port), 10) as plain,
            authority.client_context().wrap_socket(plain, server_hostname=NAME) as tls,
        ):
            Wire(tls).send(*head, "Connection: close", body=b"no size\r\n")
            assert tls.recv(1)
    with proxy.client("127.0.0.42") as client:
        others = [client.get("/auth/me") for _ in PLACES]

    assert {401} == {answer.status_code for answer in others}


def test_tokens_in_links_are_not_logged(proxy: ShippedProxy) -> None:
    with proxy.client() as client:
        page = client.get("/verify-email?token=hush-1")
        hidden = client.get("/metrics?token=hush-2")
    if isinstance(proxy, ShippedTraefik):
        wait_for(lambda: proxy.log.count('"RequestMethod":"GET"') > 1, "its log")

    assert (400, 404) == (page.status_code, hidden.status_code)
    assert "hush" not in proxy.log


def test_what_was_sent_is_not_sent_again_by_caddy(authority: LocalAuthority) -> None:
    sent: list[bytes] = []

    class Failing(StreamRequestHandler):
        """Is well, and ends the connection when it is asked anything else."""

        def handle(self) -> None:
            line, *_ = iter(self.rfile.readline, b"\r\n")
            if line.startswith((b"GET /readyz", b"GET /.well-known")):
                self.wfile.write(
                    b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
                )
            else:
                sent.append(line)

    with ThreadingTCPServer((LOOPBACK, 0), Failing) as replica:
        Thread(target=replica.serve_forever, args=(0.05,)).start()
        port = replica.server_address[1]
        proxy = ShippedCaddy(authority, (port, port)).start()
        with proxy.client() as client:
            answer = client.get("/auth/me", headers={"Idempotency-Key": "x"})
        proxy.stop()
        replica.shutdown()

    assert 502 == answer.status_code
    assert [b"GET /auth/me HTTP/1.1\r\n"] == sent


def test_what_caddy_refuses_by_itself_looks_like_ours(
    authority: LocalAuthority,
) -> None:
    proxy = ShippedCaddy(authority, (free_port(), free_port())).start()
    with proxy.client() as client:
        hidden = client.get("/metrics")
        away = client.get("/auth/me")
    proxy.stop()

    assert "not_found" == assert_problem(hidden, 404)["code"]
    assert "unavailable" == assert_problem(away, 503)["code"]
    assert "2" == away.headers["Retry-After"]
    assert "DENY" == hidden.headers["X-Frame-Options"]
