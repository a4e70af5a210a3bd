import errno
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from core import errors
from entrypoints.http.wire import sockets


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    with ExitStack() as ends:
        yield ends


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.EACCES, "PORT: this user may not listen on 80; choose one from 1024"),
        (errno.EADDRINUSE, "PORT: 80 is in use on ::; stop what listens there"),
        (errno.EAFNOSUPPORT, "this machine has no IPv6"),
        (errno.EADDRNOTAVAIL, "HOST: :: is no address of this machine"),
        (errno.ENOBUFS, "HOST, PORT: ::, 80: No buffer space available"),
    ],
)
def test_what_keeps_it_from_listening_says_what_to_do(number: int, advice: str) -> None:
    error = OSError(number, "No buffer space available")

    assert advice in str(sockets.explained("::", 80, error))


def test_all_addresses_of_a_name_get_the_same_free_port(closing: ExitStack) -> None:
    found = sockets.bound("localhost", 0)
    for each in found:
        closing.enter_context(each)

    assert 1 == len({each.getsockname()[1] for each in found})


def test_who_listens_first_has_the_port(closing: ExitStack) -> None:
    (first,) = sockets.bound("127.0.0.1", 0)
    port = first.getsockname()[1]
    (second,) = sockets.bound("127.0.0.1", port)  # as long as nobody listens
    closing.enter_context(first)
    closing.enter_context(second)
    sockets.listen([first])

    with pytest.raises(errors.BadConfiguration, match=f"PORT: {port} is in use"):
        sockets.listen([second])
    with socket.create_connection(("127.0.0.1", port)):
        pass
