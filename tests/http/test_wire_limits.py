"""How much a client may send before there is a request, and over how many connections."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.http.api import Api, assert_problem
from tests.http.conftest import Serve
from tests.http.records import verified
from tests.http.wire import Wire, wire_to
from tests.servers.databases import ON_SQLITE
from tests.servers.service import Service

pytestmark = ON_SQLITE  # what is refused here is refused before the storage

GET = "GET /livez HTTP/1.1"
POST = "POST /auth/login HTTP/1.1"
HOST = "Host: localhost"
JSON = "Content-Type: application/json"
CHUNKED = "Transfer-Encoding: chunked"
FLOOD = 150_000_000
MIB = 1024 * 1024

HEAD = f"{GET}\r\n{HOST}\r\n"
CHUNKS = f"{POST}\r\n{HOST}\r\n{JSON}\r\n{CHUNKED}\r\n\r\n"
FLOODS = {
    "many headers": (HEAD, "A: bcd\r\n", 431),
    "one header": (HEAD + "A: ", "bbbbbbbb", 431),
    "a header's name": (HEAD, "bbbbbbbb", 431),
    "a target": ("GET /", "bbbbbbbb", 414),
    "empty lines": ("", "\r\n\r\n\r\n\r\n", 431),
    "empty lines behind a request": (f"{HEAD}\r\n", "\r\n\r\n\r\n\r\n", 431),
    "a chunk's extension": (CHUNKS + "5;a=", "bbbbbbbb", 400),
    "trailers": (CHUNKS + "0\r\n", "A: bcd\r\n", 400),
}


@pytest.fixture(scope="module")
def service(serve: Serve) -> Service:
    service = serve(
        MAX_REQUEST_LINE_BYTES="1024", MAX_HEADER_BYTES="4096", MAX_HEADERS="16"
    )
    with service.client() as client:
        api = Api(client)
        # What is loaded once is no growth: names of devices, and what writes mails.
        api.session(verified(service, api))
    return service


@pytest.fixture
def crowded(serve: Serve) -> Service:
    return serve(MAX_CONNECTIONS="8", MAX_CONNECTIONS_PER_ADDRESS="4")


@pytest.fixture
def crowd() -> Iterator[ExitStack]:
    with ExitStack() as connections:
        yield connections


@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood_is_refused_and_is_not_kept(service: Service, kind: str) -> None:
    beginning, again, status = FLOODS[kind]
    before = resident_bytes(service)

    with wire_to(service) as wire:
        wire.send_raw(beginning.encode())
        pour(wire, again.encode() * 8192)
        *_, last = wire.answers()
        grown = resident_bytes(service) - before

    problem = assert_problem(last, status)
    assert "close" == last.headers["Connection"]
    assert "nosniff" == last.headers["X-Content-Type-Options"]
    assert grown < 5 * MIB
    lines = [line for line in service.output.splitlines() if "Refused: " in line]
    assert problem["request_id"] in lines[-1]
    assert "client=127.0.0.1" in lines[-1]


def test_what_is_just_within_the_limits_is_served(service: Service) -> None:
    fill = 4096 - len(f"{GET}\r\n{HOST}\r\nA: \r\n\r\n")
    with wire_to(service) as wire:
        wire.send(GET, HOST, "A: " + "b" * fill)
        largest = wire.next_answer()
        wire.send(GET, HOST, *["A: b"] * 15)
        most = wire.next_answer()
        wire.send(GET.replace("livez", "livez?" + "a" * 1017), HOST)
        longest = wire.next_answer()

    assert [200] * 3 == [answer.status_code for answer in (largest, most, longest)]


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ((GET, HOST, *["A: b"] * 16), 431),
        ((GET, HOST, "A: " + "b" * 4096), 431),
        ((GET.replace("livez", "livez?" + "a" * 1018), HOST), 414),
    ],
)
def test_what_is_just_beyond_a_limit_is_not(
    service: Service, head: tuple[str, ...], status: int
) -> None:
    with wire_to(service) as wire:
        wire.send(*head)

        assert_problem(wire.answer(), status)


def test_a_limit_holds_for_each_request_of_a_connection(service: Service) -> None:
    with wire_to(service) as wire:
        for _ in range(5):
            wire.send(GET, HOST, "A: " + "b" * 2000)
            assert 200 == wire.next_answer().status_code
        wire.send(GET, HOST, "A: " + "b" * 4096)

        assert_problem(wire.answer(), 431)


def test_many_small_chunks_are_no_waste(service: Service) -> None:
    body = '{"email": "a@example.com", "password": "x"}' + " " * 3000
    chunks = "".join(f"1\r\n{letter}\r\n" for letter in body) + "0\r\n\r\n"
    with wire_to(service) as wire:
        wire.send(POST, HOST, JSON, CHUNKED, body=chunks.encode())

        assert 401 == wire.next_answer().status_code


def test_more_connections_of_an_address_are_refused_while_none_is_idle(
    crowded: Service, crowd: ExitStack
) -> None:
    for _ in range(4):
        crowd.enter_context(wire_to(crowded)).send_raw(b"GET /livez HT")

    with wire_to(crowded) as late:
        answer = late.answer()

    problem = assert_problem(answer, 503, "Too many connections from your address")
    assert "unavailable" == problem["code"]
    assert "10" == answer.headers["Retry-After"]
    assert "Too many connections from your address" in crowded.output


def test_the_longest_idle_connection_makes_room(
    crowded: Service, crowd: ExitStack
) -> None:
    idle = [crowd.enter_context(wire_to(crowded)) for _ in range(4)]
    for wire in idle:
        wire.send(GET, HOST)
        assert 200 == wire.next_answer().status_code

    newest = crowd.enter_context(wire_to(crowded))
    newest.send(GET, HOST)

    assert 200 == newest.next_answer().status_code
    assert b"" == idle[0].rest()
    idle[1].send(GET, HOST)
    assert 200 == idle[1].next_answer().status_code


def test_a_proxy_may_have_more_connections_than_an_address(
    serve: Serve, crowd: ExitStack
) -> None:
    service = serve(
        MAX_CONNECTIONS="6",
        MAX_CONNECTIONS_PER_ADDRESS="2",
        TRUSTED_PROXIES="127.0.0.0/8",
    )
    for _ in range(5):
        crowd.enter_context(wire_to(service)).send_raw(b"GET /livez HT")

    with wire_to(service) as sixth:
        sixth.send_raw(b"GET /livez HT")
        with wire_to(service) as seventh:
            assert_problem(seventh.answer(), 503, "Too many connections in all")
        sixth.send_raw(f"TP/1.1\r\n{HOST}\r\n\r\n".encode())
        assert 200 == sixth.next_answer().status_code


def test_an_idle_connection_is_closed_after_its_time(serve: Serve) -> None:
    service = serve(KEEP_ALIVE_SECONDS="1", READ_TIMEOUT_SECONDS="60")
    with wire_to(service) as wire:
        wire.send(GET, HOST)
        assert 200 == wire.next_answer().status_code

        assert b"" == wire.rest()


def test_a_flood_of_pipelined_requests_is_answered_one_by_one(service: Service) -> None:
    before = resident_bytes(service)
    with wire_to(service) as wire:
        wire.send_raw(f"{GET}\r\n{HOST}\r\n\r\n".encode() * 1000)
        wire.send(GET, HOST, "Connection: close")

        assert 1001 == wire.rest().count(b"HTTP/1.1 200 OK")
    assert resident_bytes(service) - before < 5 * MIB


def pour(wire: Wire, part: bytes) -> None:
    sent = 0
    while sent < FLOOD:
        wire.send_raw(part)
        sent += len(part)


def resident_bytes(service: Service) -> int:
    """Return how much memory the service has."""
    assert service.process
    status = Path(f"/proc/{service.process.pid}/status")
    if status.exists():
        lines = status.read_text(encoding="ascii").splitlines()
        return next(int(it.split()[1]) for it in lines if it.startswith("VmRSS")) * 1024
    command = ("ps", "-o", "rss=", "-p", str(service.process.pid))
    return int(subprocess.check_output(command)) * 1024
