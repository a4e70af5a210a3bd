"""Safe defaults that go with every answer, unless it says something else."""

from collections.abc import Sequence
from typing import TypeAlias

Fields: TypeAlias = Sequence[tuple[bytes, bytes]]

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
ONLY_HTTPS = ((b"strict-transport-security", b"max-age=63072000"),)
"""Two years, for browsers that came by https."""


def usual_headers(*, https: bool) -> Fields:
    """Return the fields, named in lower case."""
    return (*HEADERS, *ONLY_HTTPS) if https else HEADERS


def completed(fields: Fields, usual: Fields) -> Fields:
    """Return the fields of an answer, and those of the usual ones that it does not have."""
    told = {name for name, _ in fields}
    return [*fields, *[field for field in usual if field[0] not in told]]
