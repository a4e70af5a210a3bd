"""One value out of a secret that is JSON, as RDS and DocumentDB write it."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from core import errors

SCHEMES = {
    "postgres": "postgresql",
    "postgresql": "postgresql",
    "aurora-postgresql": "postgresql",
    "mongo": "mongodb",
    "docdb": "mongodb",
}
"""By the ``engine`` in the secret."""


def picked(content: str, field: str, secret: str) -> str:
    """
    Return a field of a JSON object; raises ``SecretNotFound``.

    ``url`` is put together from ``engine``, ``username``, ``password``, ``host``,
    ``port`` and ``dbname`` where there is no such field. What follows it as
    ``?host=...&dbname=...`` goes before what the secret says: one that RDS manages holds
    a username and a password only. Any other parameter ends up in the URL.
    """
    try:
        fields = json.loads(content)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise errors.SecretNotFound(f"{secret}: it is no JSON object with fields")
    name, _, query = field.partition("?")
    if name == "url" and name not in fields:
        return _url(fields, dict(parse_qsl(query, keep_blank_values=True)), secret)
    if query:
        raise errors.SecretNotFound(f"{secret}: only #url takes parameters")
    if not (value := fields.get(name)):
        known = ", ".join(map(repr, fields)) or "none"
        raise errors.SecretNotFound(f"{secret}: no field {name!r} in it, only {known}")
    return value if isinstance(value, str) else json.dumps(value)


def _url(fields: Mapping[str, Any], given: dict[str, str], secret: str) -> str:
    parts = {**fields, **{name: given.pop(name, "") or fields.get(name) for name in (
        "engine", "host", "port", "dbname"
    )}}  # fmt: skip
    needed = ("engine", "host", "username", "password")
    if missing := [name for name in needed if not parts.get(name)]:
        raise errors.SecretNotFound(
            f"{secret}: no {', '.join(missing)} in it for a URL; what is no secret may be"
            " said behind it: #url?engine=postgres&host=HOST&dbname=NAME"
        )
    if parts["engine"] not in SCHEMES:
        raise errors.SecretNotFound(
            f"{secret}: no storage for the engine {parts['engine']!r}; we know"
            f" {', '.join(SCHEMES)}"
        )
    if parts.get("ssl") is True and SCHEMES[parts["engine"]] == "mongodb":
        given.setdefault("tls", "true")
    user, password, name = (
        quote(str(parts.get(part) or ""), safe="")
        for part in ("username", "password", "dbname")
    )
    port = f":{parts['port']}" if parts.get("port") else ""
    query = f"?{urlencode(given, quote_via=quote)}" if given else ""
    address = f"{user}:{password}@{parts['host']}{port}"
    return f"{SCHEMES[parts['engine']]}://{address}/{name}{query}"
