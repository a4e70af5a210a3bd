import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from entrypoints.http.asgi import Receive, Scope, Send
from entrypoints.http.wire.connections import Connections, ConnectionSlot
from entrypoints.http.wire.cycle import Cycle
from entrypoints.http.wire.flow import Flow
from entrypoints.http.wire.refusals import TooManyConnections
from entrypoints.http.wire.rules import WireRules
from entrypoints.http.wire.usual_headers import HEADERS

ADDRESS = "192.0.2.1"
RULES = WireRules(
    request_line_bytes=100,
    header_bytes=1000,
    headers=10,
    read_seconds=0.05,
    usual_headers=HEADERS,
)


class Pipe(asyncio.Transport):
    """Keeps what is written, each time."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: Any) -> None:  # noqa: ANN401 - as transports have it
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def hang_up(self) -> None:
        raise AssertionError("it is not idle")


class Told:
    """An application that says what it was told to."""

    def __init__(self, *said: bytes, **headers: str) -> None:
        self.said = said
        length = {"content_length": str(sum(map(len, said)))}
        self.headers = [
            (name.replace("_", "-").encode(), value.encode())
            for name, value in (length | headers).items()
            if value
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        begin = {"type": "http.response.start", "status": 200, "headers": self.headers}
        await send(begin)
        for number, piece in enumerate(self.said, start=1):
            more = number < len(self.said)
            await send({"type": "http.response.body", "body": piece, "more_body": more})


@pytest.fixture
def pipe() -> Pipe:
    return Pipe()


@pytest.fixture
def connections(pipe: Pipe) -> Connections:
    connections = Connections(most=8, most_by_address=1, proxies=())
    connections.open(pipe, ADDRESS)
    return connections


@pytest.fixture
async def slot(connections: Connections, pipe: Pipe) -> ConnectionSlot:
    return ConnectionSlot(connections, pipe)


@pytest.fixture
async def request_of(slot: ConnectionSlot, pipe: Pipe) -> Callable[[str], Cycle]:
    def made(method: str) -> Cycle:
        return Cycle(
            slot,
            RULES,
            scope={"type": "http", "method": method, "http_version": "1.1"},
            transport=pipe,
            flow=Flow(pipe, lambda: None),
            logger=logging.getLogger(__name__),
            access_logger=logging.getLogger(__name__),
            access_log=False,
            default_headers=[],
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=True,
            on_response=lambda: None,
        )

    return made


async def test_a_whole_answer_goes_out_at_once_with_the_usual_headers(
    request_of: Callable[[str], Cycle], pipe: Pipe
) -> None:
    await request_of("GET").run_asgi(Told(b"hello", cache_control="max-age=1"))

    (answer,) = pipe.written
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"hello" == body
    lines = head.split(b"\r\n")
    assert b"HTTP/1.1 200 OK" == lines[0]
    assert b"cache-control: max-age=1" in lines
    names = [line.partition(b":")[0] for line in lines[1:]]
    assert sorted({*names}) == sorted(names)
    assert {name for name, _ in HEADERS} < {*names}
    assert not pipe.closed


@pytest.mark.parametrize("length", ["", "10"])
async def test_an_answer_in_pieces_goes_out_as_they_come(
    request_of: Callable[[str], Cycle], pipe: Pipe, length: str
) -> None:
    await request_of("GET").run_asgi(Told(b"hello", b"world", content_length=length))

    whole = b"".join(pipe.written)
    assert 3 <= len(pipe.written)
    assert b"x-frame-options: DENY\r\n" in whole
    end = b"helloworld" if length else b"5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n"
    assert whole.endswith(b"\r\n\r\n" + end)


async def test_of_a_head_the_length_is_told_and_no_body(
    request_of: Callable[[str], Cycle], pipe: Pipe
) -> None:
    await request_of("HEAD").run_asgi(Told(b"hello"))

    whole = b"".join(pipe.written)
    assert b"content-length: 5\r\n" in whole
    assert whole.endswith(b"\r\n\r\n")


async def test_a_length_that_is_not_the_bodys_is_no_good_answer(
    request_of: Callable[[str], Cycle], pipe: Pipe
) -> None:
    await request_of("GET").run_asgi(Told(b"hello", content_length="4"))

    assert pipe.closed
    assert b"hello" not in b"".join(pipe.written)


@pytest.mark.parametrize("value", ["a\r\nb", "a\nb", "a\0b"])
async def test_no_header_can_end_in_another(
    request_of: Callable[[str], Cycle], pipe: Pipe, value: str
) -> None:
    await request_of("GET").run_asgi(Told(b"hello", x_name=value))

    assert b"a" + value[1:].encode() not in b"".join(pipe.written)
    assert pipe.written[0].startswith(b"HTTP/1.1 500 ")


async def test_a_request_that_fails_is_done(
    request_of: Callable[[str], Cycle],
    connections: Connections,
    slot: ConnectionSlot,
    pipe: Pipe,
) -> None:
    async def fail(*_: object) -> None:
        raise ValueError("a bug")

    request = request_of("GET")
    slot.lost()
    with pytest.raises(TooManyConnections):
        connections.open(Pipe(), ADDRESS)
    await request.run_asgi(fail)

    assert b"".join(pipe.written).startswith(b"HTTP/1.1 500 ")
    assert b"x-frame-options: DENY\r\n" in b"".join(pipe.written)
    connections.open(Pipe(), ADDRESS)
