import time
from collections.abc import Callable

import pytest

from tests.http.api import Api, assert_problem
from tests.http.conftest import Serve
from tests.http.wire import Wire, wire_to
from tests.servers.databases import ON_SQLITE
from tests.servers.service import Service

pytestmark = ON_SQLITE  # what breaks here breaks before the storage

POST = "POST /auth/login HTTP/1.1"
HOST = "Host: localhost"
JSON = "Content-Type: application/json"
CLOSE = "Connection: close"


@pytest.fixture(scope="module")
def hasty(serve: Serve) -> Service:
    return serve(READ_TIMEOUT_SECONDS="0.3", MAX_BODY_BYTES="2000")


def test_a_body_too_large_is_refused_before_it_is_sent(hasty: Service) -> None:
    with wire_to(hasty) as wire:
        wire.send(POST, HOST, JSON, CLOSE, "Content-Length: 2001")

        assert_problem(wire.answer(), 413)


def test_a_body_too_large_without_a_length_is_refused(hasty: Service) -> None:
    chunk = b"3e8\r\n" + b" " * 1000 + b"\r\n"

    with wire_to(hasty) as wire:
        wire.send(POST, HOST, JSON, CLOSE, "Transfer-Encoding: chunked", body=chunk * 3)

        assert_problem(wire.answer(), 413)


def test_a_chunked_body_within_the_limit_is_read(
    hasty: Service, connect: Callable[[Service], Api]
) -> None:
    api = connect(hasty)
    person = api.newcomer()
    body = f'{{"email": "{person.email}", "password": "{person.password}"}}'

    answer = api.client.post(
        "/auth/login",
        content=iter([body[:10].encode(), body[10:].encode()]),
        headers={"Content-Type": "application/json"},
    )

    assert "Content-Length" not in answer.request.headers
    assert 200 == answer.status_code


@pytest.mark.parametrize("beginning", [b"", b'{"email": '])
def test_a_body_that_does_not_arrive_times_out(
    hasty: Service, beginning: bytes
) -> None:
    with wire_to(hasty) as wire:
        wire.send(POST, HOST, JSON, "Content-Length: 100", body=beginning)

        answer = wire.answer()

    assert_problem(answer, 408)
    assert "close" == answer.headers["Connection"]


def test_headers_that_do_not_arrive_close_the_connection(hasty: Service) -> None:
    for beginning in (b"", b"GET /livez HTTP/1.1\r\nHost: local"):
        with wire_to(hasty) as wire:
            wire.send_raw(beginning)
            begun = time.monotonic()

            assert b"" == wire.rest()
            assert time.monotonic() - begun < 10


def test_dripping_headers_buy_no_time(hasty: Service) -> None:
    with wire_to(hasty) as wire:
        wire.send_raw(b"GET /livez HTTP/1.1\r\n")

        with pytest.raises(OSError, match=r"reset|[Bb]roken pipe"):
            drip(wire)


def test_a_dripping_body_buys_no_time(hasty: Service) -> None:
    with wire_to(hasty) as wire:
        wire.send(POST, HOST, JSON, "Content-Length: 10000")

        with pytest.raises(OSError, match=r"reset|[Bb]roken pipe"):
            drip(wire)


def drip(wire: Wire) -> None:
    for _ in range(200):
        wire.send_raw(b"X-Slow: x\r\n")
        time.sleep(0.05)


def test_the_rest_of_an_unread_body_holds_no_connection(hasty: Service) -> None:
    with wire_to(hasty) as wire:
        wire.send("POST /nowhere HTTP/1.1", HOST, "Content-Length: 100")
        answer = wire.until(b"}")
        begun = time.monotonic()

        wire.send_raw(b"x")

        assert b"" == wire.rest()
    assert b"HTTP/1.1 404" == answer[:12]
    assert time.monotonic() - begun < 10


def test_a_second_request_may_come_late(hasty: Service) -> None:
    with wire_to(hasty) as wire:
        wire.send("GET /livez HTTP/1.1", HOST)
        time.sleep(0.6)

        wire.send("GET /livez HTTP/1.1", HOST, CLOSE)

        assert 2 == wire.rest().count(b"HTTP/1.1 200 OK")


def test_half_a_form_is_no_form(
    hasty: Service, connect: Callable[[Service], Api]
) -> None:
    api = connect(hasty)
    person = api.newcomer()
    token = hasty.mailed_token(person.email, "confirm")
    form = f"token={token}".encode()

    with wire_to(hasty) as wire:
        length = f"Content-Length: {len(form) + 1}"
        wire.send("POST /verify-email HTTP/1.1", HOST, length, body=form)

    verify = api.post("/auth/verify-email", {"token": token})
    assert 200 == verify.status_code


def test_what_is_not_http_is_refused(hasty: Service) -> None:
    with wire_to(hasty) as wire:
        wire.send_raw(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")

        assert wire.rest().startswith(b"HTTP/1.1 400 ")
