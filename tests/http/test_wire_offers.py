"""Offers to change the protocol are ignored (RFC 9110, section 7.8)."""

import pytest

from tests.http.api import Api
from tests.http.wire import wire_to
from tests.servers.databases import ON_MEMORY
from tests.servers.service import Service

pytestmark = ON_MEMORY  # an offer never gets as far as the storage

HOST = "Host: localhost"
GET = ("GET /livez HTTP/1.1", HOST)
POST = ("POST /auth/login HTTP/1.1", HOST, "Content-Type: application/json")

OFFERS = {
    "HTTP/2": (
        "Connection: Upgrade, HTTP2-Settings",
        "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA",
    ),
    "WebSocket": (
        "Connection: keep-alive, Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ),
    "TLS": ("Connection: upgrade", "Upgrade: TLS/1.0"),
    "several": ("Connection: upgrade", "Upgrade: h2c, foo/2", "UPGRADE: bar"),
    "no connection option": ("Upgrade: h2c",),
    "no protocol": ("Connection: Upgrade",),
}


@pytest.fixture
def body(api: Api) -> bytes:
    person = api.newcomer()
    return f'{{"email": "{person.email}", "password": "{person.password}"}}'.encode()


@pytest.mark.parametrize("offer", OFFERS.values(), ids=OFFERS)
def test_the_request_is_answered_and_the_connection_goes_on(
    service: Service, body: bytes, offer: tuple[str, ...]
) -> None:
    with wire_to(service) as wire:
        for _ in range(2):
            length = f"Content-Length: {len(body)}"
            wire.send(*POST, *offer, length, body=body)
            answer = wire.next_answer()
            assert 200 == answer.status_code
            assert "access_token" in answer.json()
            assert "Upgrade" not in answer.headers
            wire.send(*GET, *offer)
            assert 200 == wire.next_answer().status_code


@pytest.mark.parametrize("offer", OFFERS.values(), ids=OFFERS)
def test_the_body_may_come_in_chunks_and_in_pieces(
    service: Service, body: bytes, offer: tuple[str, ...]
) -> None:
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    head = "".join(f"{it}\r\n" for it in (*POST, *offer, "Transfer-Encoding: chunked"))
    with wire_to(service) as wire:
        for letter in (head + "\r\n").encode() + chunks:
            wire.send_raw(bytes([letter]))
        assert 200 == wire.next_answer().status_code

        wire.send(*GET)
        assert 200 == wire.next_answer().status_code


@pytest.mark.parametrize("offer", OFFERS.values(), ids=OFFERS)
def test_requests_behind_it_are_answered_in_order(
    service: Service, body: bytes, offer: tuple[str, ...]
) -> None:
    head = "".join(f"{it}\r\n" for it in (*POST, *offer)).encode()
    log_in = head + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    get = "".join(f"{it}\r\n" for it in (*GET, "")).encode()
    last = "".join(f"{it}\r\n" for it in (*GET, "Connection: close", "")).encode()
    with wire_to(service) as wire:
        wire.send_raw(get + log_in + get + log_in + last)

        answers = wire.rest().split(b"HTTP/1.1 200 OK")[1:]

    tokens = [b"access_token" in answer for answer in answers]
    assert [False, True, False, True, False] == tokens


def test_an_offer_does_not_widen_what_may_be_sent(service: Service) -> None:
    with wire_to(service) as wire:
        offer, length = OFFERS["HTTP/2"], "Content-Length: 5"
        wire.send(*POST, *offer, length, "Transfer-Encoding: chunked")

        assert 400 == wire.answer().status_code
