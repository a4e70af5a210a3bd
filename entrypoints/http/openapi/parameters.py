"""What a request has beside its body."""

import re
from collections.abc import Mapping
from typing import Any

from entrypoints.http.openapi.described import LARGEST_ID
from entrypoints.http.openapi.schemas import Schema
from entrypoints.http.operation import Operation
from entrypoints.http.routing import FIELD

KINDS: Mapping[str, Schema] = {
    "int": {"type": "integer"},
    "id": {
        "type": "integer",
        "format": "int64",
        "minimum": 1,
        "maximum": LARGEST_ID,
    },
}
"""What the converters of our routes take; without one, it is text."""

IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of what the client has (RFC 9110)",
    "required": False,
    "schema": {"type": "string"},
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "The ETag of what the change was decided on (RFC 9110)",
    "required": False,
    "schema": {"type": "string"},
}


def parameters(
    path: str, facts: Operation, known: Mapping[str, Schema]
) -> list[dict[str, Any]]:
    """Return those of the path, of the query, and of conditions."""
    found = [_of_path(field) for field in FIELD.finditer(path)]
    if facts.query is not None:
        fields = known[facts.query.__name__]["properties"]
        found += [_of_query(name, field) for name, field in fields.items()]
    conditions = {"cached": IF_NONE_MATCH, "conditional": IF_MATCH}
    found += [it for name, it in conditions.items() if getattr(facts, name)]
    return found


def _of_path(field: re.Match[str]) -> dict[str, Any]:
    return {
        "name": field["name"],
        "in": "path",
        "required": True,
        "schema": KINDS.get(field["kind"], {"type": "string"}),
    }


def _of_query(name: str, schema: Schema) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "description": schema["description"],
        "required": False,
        "schema": {key: it for key, it in schema.items() if key != "description"},
    }
