"""Requests that no HTTP client would send."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.servers import LOOPBACK
from tests.servers.service import Service

LONGEST_WAIT = 20


class Wire:
    """A TCP connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def send(self, *lines: str, body: bytes = b"") -> None:
        """Send a request line and headers, whole, and whatever comes behind them."""
        head = "".join(f"{line}\r\n" for line in [*lines, ""])
        self._connection.sendall(head.encode() + body)

    def send_raw(self, content: bytes) -> None:
        """Send just these bytes."""
        self._connection.sendall(content)

    def until(self, end: bytes) -> bytes:
        """Return what comes, up to and with these bytes."""
        found = b""
        while end not in found and (part := self._receive()):
            found += part
        return found

    def rest(self) -> bytes:
        """Return all that comes until the other side closes."""
        found = b""
        while part := self._receive():
            found += part
        return found

    def answer(self) -> httpx.Response:
        """Return the one response that comes before the other side closes."""
        head, _, body = self.rest().partition(b"\r\n\r\n")
        return _response(head, body)

    def answers(self) -> list[httpx.Response]:
        """Return all responses that come before the other side closes."""
        _, *found = self.rest().split(b"HTTP/1.1 ")
        parts = [part.partition(b"\r\n\r\n") for part in found]
        return [_response(b"HTTP/1.1 " + head, body) for head, _, body in parts]

    def next_answer(self) -> httpx.Response:
        """Return the next response; the connection may stay open."""
        head, _, body = self.until(b"\r\n\r\n").partition(b"\r\n\r\n")
        length = int(_response(head, b"").headers.get("Content-Length", "0"))
        while len(body) < length and (part := self._receive()):
            body += part
        return _response(head, body)

    def _receive(self) -> bytes:
        try:
            return self._connection.recv(65536)
        except ConnectionResetError:
            return b""


def _response(head: bytes, body: bytes) -> httpx.Response:
    status, *headers = head.decode().split("\r\n")
    fields = [tuple(header.split(": ", 1)) for header in headers]
    return httpx.Response(
        int(status.split(" ")[1]),
        headers=[(name, value) for name, value in fields],
        content=body,
    )


@contextmanager
def wire_to(service: Service) -> Iterator[Wire]:
    """Connect, and hang up at the end."""
    with socket.create_connection((LOOPBACK, service.port), LONGEST_WAIT) as connection:
        yield Wire(connection)
