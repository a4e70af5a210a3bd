"""What a redis:// URL asks for."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from core.errors import BadConfiguration

FORM = (
    "redis: write redis://host:6379/0 (rediss:// for TLS), with user:password@ before"
    " the host, percent-encoded"
)
DEFAULT_PORT = 6379
PREFIX = re.compile(r"[\w.-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Node:
    """A server; a Redis Cluster has several."""

    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisUrl:
    """Where the server is, who we are to it, and what our keys begin with."""

    node: Node
    database: int
    user: str | None
    password: str | None = field(repr=False)
    tls: bool
    authority: str | None
    prefix: str

    def options(self, node: Node) -> dict[str, Any]:
        """Return what a connection of redis-py to this node is made with."""
        return {
            **({"authority": self.authority} if self.authority else {}),
            "host": node.host,
            "port": node.port,
            "db": self.database,
            "username": self.user,
            "password": self.password,
        }


def read_url(url: str) -> RedisUrl:
    """Read a URL; raises ``BadConfiguration``, which never quotes a password."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        path = parts.path.removeprefix("/")
        database = int(path) if path else 0
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
    except ValueError:
        raise BadConfiguration([FORM]) from None
    if not host or database < 0 or parts.fragment:
        raise BadConfiguration([FORM])
    tls = parts.scheme == "rediss"
    prefix = query.pop("prefix", "scribes")
    authority = query.pop("authority", None) if tls else None
    problems = [f"redis: unknown parameter {name}" for name in query]
    if not PREFIX.fullmatch(prefix):
        problems.append("redis: prefix takes 1 to 64 letters, digits and _ . -")
    if problems:
        raise BadConfiguration(problems)
    return RedisUrl(
        node=Node(host, port or DEFAULT_PORT),
        database=database,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        tls=tls,
        authority=authority or None,
        prefix=prefix,
    )
