"""Where the service listens: sockets of our own, so that any number of workers share them."""

import asyncio
import errno
import logging
import socket
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from core import errors

log = logging.getLogger(__name__)

EVERYWHERE = "::"
"""All addresses of the machine, IPv4 among them."""

BACKLOG = 2048
SPARE_FILES = 256
"""For everything that is not a client's connection."""

ABSENT = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


def bound(host: str, port: int) -> list[socket.socket]:
    """
    Return a socket for each address of a host, all on one port, not listening yet.

    Raises BadConfiguration, which says what to do.
    """
    sockets: list[socket.socket] = []
    failure: OSError | None = None
    for family, address in _addresses(host, port):
        chosen = sockets[0].getsockname()[1] if sockets else port
        try:
            sockets.append(_bound(family, (address[0], chosen, *address[2:])))
        except OSError as error:
            failure = error
            if error.errno not in ABSENT:  # else the name's other address may do
                break
    if failure is not None and not (sockets and failure.errno in ABSENT):
        _close(sockets)
        raise explained(host, port, failure)
    return sockets


def listen(sockets: Sequence[socket.socket]) -> None:
    """Begin to listen; raises BadConfiguration if somebody else does meanwhile."""
    for each in sockets:
        try:
            each.listen(BACKLOG)
        except OSError as error:
            host, port = each.getsockname()[:2]
            _close(sockets)
            raise explained(host, port, error) from None
        each.set_inheritable(True)


def named(each: socket.socket) -> str:
    """Return the URL at which a socket is reached."""
    host, port = each.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def explained(host: str, port: int, error: OSError) -> errors.BadConfiguration:
    """Return what an operator is told if this keeps the service from listening."""
    advice = {
        errno.EADDRINUSE: f"PORT: {port} is in use on {host}; stop what listens there,"
        " or choose another",
        errno.EACCES: f"PORT: this user may not listen on {port}; choose one from 1024"
        " on, with a proxy in front, or grant CAP_NET_BIND_SERVICE",
        errno.EADDRNOTAVAIL: f"HOST: {host} is no address of this machine",
        errno.EAFNOSUPPORT: f"HOST: this machine has no IPv6, which {host} is; write"
        " 0.0.0.0 for all its addresses",
    }
    said = advice.get(error.errno or 0, f"HOST, PORT: {host}, {port}: {error.strerror}")
    return errors.BadConfiguration([said])


def is_of_network(transport: asyncio.BaseTransport) -> bool:
    """Tell whether its peer has an address, as those of Unix domain sockets have not."""
    each: socket.socket | None = transport.get_extra_info("socket")
    return each is not None and each.family in {socket.AF_INET, socket.AF_INET6}


def allow_files(connections: int) -> None:
    """Let this process have a file for each connection, as far as it may."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not on Windows

    wanted = connections + SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most < wanted:
        log.warning(
            "MAX_CONNECTIONS=%d needs %d open files, and this process may have %d:"
            " raise the limit (ulimit -n, LimitNOFILE) or lower MAX_CONNECTIONS",
            connections,
            wanted,
            most,
        )


def _addresses(host: str, port: int) -> Iterator[tuple[int, Any]]:
    try:
        found = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError):
        said = (
            f"HOST: {host!r} is no address, and no name that is known here; write"
            " 127.0.0.1 for this machine only, 0.0.0.0 for all its IPv4 addresses,"
            " or :: for IPv6 as well"
        )
        raise errors.BadConfiguration([said]) from None
    yield from dict.fromkeys((family, address) for family, *_, address in found)


def _bound(family: int, address: Any) -> socket.socket:  # noqa: ANN401 - as sockets have it
    each = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # where it would share a port that is taken
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            # Said in any case: machines and servers differ in what they take it for.
            alone = address[0] != EVERYWHERE
            each.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, alone)
        each.bind(address)
    except OSError:
        each.close()
        raise
    return each


def _close(sockets: Sequence[socket.socket]) -> None:
    for each in sockets:
        each.close()
