"""How values may be written that are one of a few words, one line, or a host."""

import re
from contextlib import suppress
from enum import Enum
from ipaddress import ip_address
from typing import Any, Literal, get_args, get_origin

from adapters.secrets.values import json_fields, value_of

HOST = re.compile(r"[\w.-]+")
HOST_AND_PORT = re.compile(r"[\w.-]+:(\d+)")


def choices(annotation: Any) -> tuple[str, ...]:  # noqa: ANN401 - of any setting
    """Return the words that a setting's type allows; none if it is no choice of words."""
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(str(member.value) for member in annotation)
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(word for part in get_args(annotation) for word in choices(part))


def as_listed(value: object, words: tuple[str, ...]) -> object:
    """Return the word that is meant, whatever its capitals and the blanks around it."""
    if not isinstance(value, str):
        return value
    meant = {word.casefold(): word for word in words}
    return meant.get(value.strip().casefold(), value)


def secret(value: object) -> object:
    """Return a secret without the one line end that is no part of it."""
    return value_of(value) if isinstance(value, str) else value


def credential(value: object) -> object:
    """Return who logs in, or with what; raises ValueError for JSON that has it in it."""
    if isinstance(value, str) and json_fields(value) is not None:
        raise ValueError(
            "is JSON as a whole; write the value alone, or secret:NAME#FIELD"
        )
    return secret(value)


def listening_host(value: str) -> str:
    """Return the address or name to listen on; raises ValueError if there is more."""
    bare = value.strip().removeprefix("[").removesuffix("]")
    with suppress(ValueError):
        ip_address(bare)
        return bare
    if bare == "*":
        raise ValueError("write 0.0.0.0 for all IPv4 addresses, :: for IPv6 as well")
    if not HOST.fullmatch(bare):
        raise ValueError(
            "write the address alone, like 0.0.0.0 or ::; the rest is PORT"
        )
    return bare


def host(value: str) -> str:
    """Return the name or the address of a host; raises ValueError if there is more."""
    if found := HOST_AND_PORT.fullmatch(value):
        raise ValueError(f"write the host alone, and SMTP_PORT={found[1]}")
    if HOST.fullmatch(value):
        return value
    try:
        return str(ip_address(value.strip("[]")))
    except ValueError:
        raise ValueError(
            "write the name of the host alone; the rest is SMTP_PORT, SMTP_USER,"
            " SMTP_PASSWORD and SMTP_TLS"
        ) from None
