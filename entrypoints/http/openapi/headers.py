"""The headers of answers, each described once."""

from collections.abc import Iterable, Mapping
from typing import Any

from entrypoints.http.openapi.described import REQUEST_ID

Header = Mapping[str, Any]

HEADERS: Mapping[str, Header] = {
    "X-Request-ID": {
        "description": "That of the request, or a new one: the log has it",
        "required": True,
        "schema": {"type": "string", "pattern": r"^[\w.-]{1,64}$"},
        "example": REQUEST_ID,
    },
    "Cache-Control": {
        "description": "Whether caches may keep the answer (RFC 9111)",
        "required": True,
        "schema": {"type": "string"},
        "example": "no-store",
    },
    "ETag": {
        "description": "The same as long as the body is; of a user, as long as what can"
        " be changed of them is (RFC 9110)",
        "required": True,
        "schema": {"type": "string", "pattern": '^(?:W/)?"[!#-~]*"$'},
        "example": '"9a0364b9e99bb480dd25e1f0284c8555"',
    },
    "Location": {
        "description": "Where it is now (RFC 9110)",
        "required": True,
        "schema": {"type": "string", "format": "uri-reference"},
        "example": "/admin/users/7",
    },
    "Content-Disposition": {
        "description": "As what it may be saved (RFC 6266)",
        "required": True,
        "schema": {"type": "string", "pattern": "^attachment;"},
        "example": 'attachment; filename="account-7.json"',
    },
    "WWW-Authenticate": {
        "description": "What is asked for, and what was wrong with the token (RFC 6750)",
        "required": True,
        "schema": {"type": "string", "pattern": "^Bearer"},
        "example": 'Bearer error="invalid_token", error_description="Token has expired"',
    },
    "Retry-After": {
        "description": "Seconds after which it is worth trying again",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
        "example": 42,
    },
    "RateLimit-Policy": {
        "description": "The limits: of q requests in any w seconds"
        " (draft-ietf-httpapi-ratelimit-headers-11); not where limits are switched off",
        "required": False,
        "schema": {"type": "string"},
        "example": '"login/minute";q=5;w=60',
    },
    "RateLimit": {
        "description": "Where the client stands: r are left, and no more for t seconds;"
        " not where something else than a limit refuses",
        "required": False,
        "schema": {"type": "string"},
        "example": '"login/minute";r=4;t=60',
    },
}

ALWAYS = ("X-Request-ID", "Cache-Control")
LIMITS = ("RateLimit-Policy", "RateLimit")


def references(names: Iterable[str]) -> dict[str, Any]:
    """Return the headers of an answer by their names."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def headers_of(schema: Header) -> dict[str, Any]:
    """Return the headers of an answer that consists of them, from its model's schema."""
    return {
        name: {
            "description": field.get("description", ""),
            "required": True,
            "schema": {key: it for key, it in field.items() if key != "description"},
        }
        for name, field in schema["properties"].items()
    }
