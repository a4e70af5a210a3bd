"""A small HTTP or HTTPS server in threads, which answers by a function."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import SplitResult, urlsplit

from tests.servers import LOOPBACK


@dataclass(frozen=True)
class Request:
    """What was asked: a GET, for that is all that a reader of secrets does."""

    url: SplitResult
    headers: Message


@dataclass(frozen=True)
class Reply:
    """What is answered: JSON, or these very bytes."""

    status: int
    body: dict[str, Any] | bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """The body as it is sent."""
        return (
            self.body
            if isinstance(self.body, bytes)
            else json.dumps(self.body).encode()
        )


class HttpServer:
    """Starts on a free port, and after stop() on the same as before."""

    def __init__(
        self,
        answer: Callable[[Request], Reply],
        tls: ssl.SSLContext | None = None,
        host: str = LOOPBACK,
    ) -> None:
        self.host = host
        self.port = 0
        self._answer = answer
        self._tls = tls
        self._server: _Listener | None = None

    def start(self) -> Self:
        """Serve."""
        self._server = server = _Listener((self.host, self.port), self._answer)
        if self._tls is not None:
            # The thread of the request does the handshake: it must not block accept().
            server.socket = self._tls.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port = server.server_port
        threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()
        return self

    def stop(self) -> None:
        """Stop serving; open connections are closed."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server.close_connections()
            self._server = None


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self, address: tuple[str, int], answer: Callable[[Request], Reply]
    ) -> None:
        super().__init__(address, _Handler)
        self.answer = answer
        self._connections: set[socket.socket] = set()

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - a socket
        self._connections.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        for connection in tuple(self._connections):
            with suppress(OSError):  # closed already
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Say nothing: a client that went away, or trusts nobody, is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        listener = self.server
        if not isinstance(listener, _Listener):
            raise TypeError("made by HttpServer only")
        reply = listener.answer(Request(urlsplit(self.path), self.headers))
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(reply.content)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Print nothing."""
