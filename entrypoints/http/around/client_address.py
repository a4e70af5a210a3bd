"""Who a request comes from: the peer, or the one that trusted proxies say they speak for."""

import ipaddress
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from falcon.asgi import Request

from config.networks import Network

log = logging.getLogger(__name__)

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

MOST_HOPS = 20
LONGEST_HOP = 300
"""In characters; what is longer or further away was not read."""

NO_ADDRESS = "127.0.0.1"
"""A peer without an address is on this machine, behind a Unix domain socket."""

PORT = r":(?:\d{1,5}|_[\w.-]+)"
NODE = re.compile(
    rf"\[(?P<six>[^\]]*:[^\]]*)\](?:{PORT})?|(?P<four>[\d.]+){PORT}", re.ASCII
)
WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]"
# Many write IPv6 addresses and ports without the quotes that RFC 7239 asks for.
PAIR = rf'(?:({WORD}+)=((?:{WORD}|[:\[\]])+|"(?:[^"\\]|\\.)*")[ \t]*)'
ELEMENT = re.compile(rf"{PAIR}?(?:;[ \t]*{PAIR}?)*")


@lru_cache(maxsize=4096)
def parsed(text: str) -> Address | None:
    """Return an address without its zone, IPv4 if it is mapped; None if it is none."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return address
    return address.ipv4_mapped or ipaddress.IPv6Address(int(address))


def x_forwarded_for(value: str) -> Iterator[Address | None]:
    """Yield the hops of an `X-Forwarded-For`, nearest first; None is no address."""
    return map(_node, _elements(value))


def forwarded(value: str) -> Iterator[Address | None]:
    """
    Yield the hops of a `Forwarded` (RFC 7239), nearest first; None is no address.

    `unknown` and obfuscated identifiers are none, nor is what breaks the syntax.
    """
    return map(_node, map(_for_parameter, _elements(value)))


READERS = {"x-forwarded-for": x_forwarded_for, "forwarded": forwarded}


@lru_cache(maxsize=4096)
def _canonical(peer: str) -> str:
    address = parsed(peer)
    return peer if address is None else str(address)


def client_of(
    peer: str, hops: Iterable[Address | None], trusted: Sequence[Network]
) -> str:
    """
    Return the first address that is not trusted, from the peer along the hops.

    What a hop says of the one before it counts if the hop is trusted. Where that is no
    address, or there is no more, it is the last hop itself.
    """
    address = parsed(peer)
    if address is None:
        return peer
    for hop in hops:
        if hop is None or not _is_among(trusted, address):
            break
        address = hop
    return str(address)


@dataclass(slots=True)
class ClientAddresses:
    """
    Tells clients' addresses from requests.

    One header is read and no other: a proxy sets the one it knows, and lets through
    whatever a client wrote into the rest.
    """

    trusted: Sequence[Network]
    header: str
    _warned: bool = field(default=False, init=False)

    def of(self, req: Request) -> str:
        """Return the address, in its canonical form."""
        peer, _ = req.scope.get("client") or (NO_ADDRESS, None)
        sent = {name: told for name in READERS if (told := req.get_header(name))}
        if sent and not self._warned:
            self._warn_of_strangers(sent, peer)
        if self.header not in sent:
            return _canonical(peer)
        return client_of(peer, READERS[self.header](sent[self.header]), self.trusted)

    def _warn_of_strangers(self, sent: Iterable[str], peer: str) -> None:
        address = parsed(peer)
        if address is None or _is_among(self.trusted, address):
            return
        self._warned = True
        log.warning(
            "Ignored %s from %s: TRUSTED_PROXIES does not list it. If that is your proxy,"
            " all its clients count as one until you add it; else somebody pretends."
            " This is told once.",
            " and ".join(sent),
            address,
        )


def _is_among(networks: Sequence[Network], address: Address) -> bool:
    return any(address in network for network in networks)


def _elements(value: str) -> Iterator[str]:
    """
    Yield the elements of a list, from the right; what is too long as none.

    A comma inside a quoted string parts, too, and its halves are no good syntax. To
    respect quotes one has to read from the left, where a client may have opened one.
    """
    for element in reversed(value.rsplit(",", MOST_HOPS)[-MOST_HOPS:]):
        yield element.strip(" \t") if len(element) <= LONGEST_HOP else ""


def _for_parameter(element: str) -> str:
    """Return what an element of `Forwarded` says in `for`, or nothing."""
    if not ELEMENT.fullmatch(element):
        return ""
    pairs = re.findall(PAIR, element)
    found = [value for name, value in pairs if name.lower() == "for"]
    if len(found) != 1:
        return ""
    quoted = found[0].startswith('"')
    return re.sub(r"\\(.)", r"\1", found[0][1:-1]) if quoted else str(found[0])


def _node(text: str) -> Address | None:
    """Return the address of a host that may have a port, and brackets."""
    found = NODE.fullmatch(text)
    return parsed((found["six"] or found["four"]) if found else text)
