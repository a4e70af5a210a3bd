"""What the head of a request has to be: RFC 9112, sections 2.3, 3.2 and 6; else 400."""

import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from entrypoints.http.wire.refusals import Refusal

Headers: TypeAlias = Sequence[tuple[bytes, bytes]]

VERSIONS = ("1.0", "1.1")
TARGET = re.compile(rb"/[!-\"$-~]*")
"""Printable ASCII without a fragment; what else there is comes percent-encoded."""

ABSOLUTE = re.compile(rb"https?://[^/?#@]+(?=[/?]|\Z)", re.IGNORECASE)
HOST = re.compile(
    rb"(?:\[[0-9A-Fa-f:.]+\]|(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::\d{0,5})?",
    re.ASCII,
)
LENGTH = re.compile(rb"\d{1,18}", re.ASCII)


def origin_form(target: bytes) -> bytes:
    """Return the path and query that a target asks for; raises Refusal."""
    if found := ABSOLUTE.match(target):
        target = target[found.end() :]
        target = target if target.startswith(b"/") else b"/" + target
    if not TARGET.fullmatch(target):
        raise Refusal("The target must be a path, percent-encoded where not ASCII")
    return target


def body_length(method: str, version: str, headers: Headers) -> int | None:
    """
    Return the length of the body, 0 if there is none; None if it comes in chunks.

    Raises Refusal unless this head can mean but one thing.
    """
    if method == "CONNECT":
        raise Refusal("This is no proxy")
    if version not in VERSIONS:
        raise Refusal("The version of HTTP must be 1.1 or 1.0")
    telling = _telling(headers)
    hosts = telling[b"host"]
    if len(hosts) > 1 or (version == "1.1" and not hosts):
        raise Refusal("There must be one Host header")
    if hosts and not HOST.fullmatch(hosts[0]):
        raise Refusal("The Host header is no host")
    lengths, codings = telling[b"content-length"], telling[b"transfer-encoding"]
    if lengths or codings:
        _demand_one_length(version, lengths, codings)
    return None if codings else int(lengths[0]) if lengths else 0


def expects_more(headers: Headers) -> bool:
    """Tell whether the client waits for a word before the body (RFC 9110, 10.1.1)."""
    return any(
        name == b"expect" and value.lower() == b"100-continue"
        for name, value in headers
    )


def written(method: str, target: bytes, version: str, headers: Headers) -> bytes:
    """Return a head as it goes over the wire."""
    lines = [b"%s %s HTTP/%s" % (method.encode(), target, version.encode())]
    lines += [name + b": " + value for name, value in headers]
    return b"\r\n".join([*lines, b"", b""])


def without(name: bytes, headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Return the headers without those of this name."""
    return [header for header in headers if header[0] != name]


def _demand_one_length(
    version: str, lengths: Sequence[bytes], codings: Sequence[bytes]
) -> None:
    """Where two could disagree about a body's end, a second request could hide in it."""
    if codings and (lengths or version != "1.1"):
        raise Refusal("A body has either a Content-Length or a Transfer-Encoding")
    if codings and [coding.lower() for coding in codings] != [b"chunked"]:
        raise Refusal("The Transfer-Encoding must be chunked")
    if lengths and not (len(lengths) == 1 and LENGTH.fullmatch(lengths[0])):
        raise Refusal("There must be one Content-Length, and it must be a number")


def _telling(headers: Headers) -> dict[bytes, list[bytes]]:
    """Return all values of those headers that say where a request goes and ends."""
    found: dict[bytes, list[bytes]] = {
        b"host": [],
        b"content-length": [],
        b"transfer-encoding": [],
    }
    for name, value in headers:
        if name in found:
            found[name].append(value)
    return found
