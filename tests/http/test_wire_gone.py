"""Clients that hang up at once."""

import signal
import socket
import struct

import pytest

from tests.http.conftest import Serve
from tests.http.wire import Wire, wire_to
from tests.servers import LOOPBACK
from tests.servers.databases import ON_SQLITE
from tests.servers.service import Service

pytestmark = ON_SQLITE  # what is refused here is refused before the storage

VICTIM = "192.0.2.1"
LOG_IN = ("POST /auth/login HTTP/1.1", "Host: x", "Content-Type: application/json")
RESET_AT_ONCE = struct.pack("ii", 1, 0)


@pytest.fixture
def service(serve: Serve) -> Service:
    return serve(
        RATE_LIMIT_ENABLED="true",
        TRUSTED_PROXIES=LOOPBACK,
    )


def connect(service: Service, address: str) -> socket.socket:
    """Return a connection that is reset when it is closed."""
    connection = socket.create_connection(
        (LOOPBACK, service.port), timeout=20, source_address=(address, 0)
    )
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_ONCE)
    return connection


def test_who_is_gone_before_it_was_met_speaks_for_nobody(service: Service) -> None:
    assert service.process is not None
    service.process.send_signal(signal.SIGSTOP)
    for _ in range(10):
        with connect(service, "127.0.0.3") as connection:
            Wire(connection).send(
                *LOG_IN, f"X-Forwarded-For: {VICTIM}", "Content-Length: 2", body=b"{}"
            )
    service.process.send_signal(signal.SIGCONT)

    with wire_to(service) as wire:
        wire.send(
            *LOG_IN,
            f"X-Forwarded-For: {VICTIM}",
            "Content-Length: 2",
            "Connection: close",
            body=b"{}",
        )
        assert 422 == wire.answer().status_code
