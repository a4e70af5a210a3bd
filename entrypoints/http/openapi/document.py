"""The document: every operation of the resources, by path."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeAlias

from entrypoints.http.answers import HeaderAnswer, Problem
from entrypoints.http.declaration import Tag, declarations_of
from entrypoints.http.openapi.examples import examples
from entrypoints.http.openapi.headers import HEADERS
from entrypoints.http.openapi.parameters import parameters
from entrypoints.http.openapi.responses import Responses, reasons_of
from entrypoints.http.openapi.schemas import Schema, json_of, schemas
from entrypoints.http.operation import Operation
from entrypoints.http.routing import FIELD, REST

Operations: TypeAlias = Mapping[str, Mapping[str, Operation]]
"""By path and method."""

ABOUT = (
    "Accounts, log-ins, JWTs and password resets. Every refusal is a problem (RFC 9457):"
    " its `detail` is for people, its `code` for programs."
)
BEARER = "The access token, as `POST /auth/login` and `POST /auth/refresh` answer it"


def openapi(
    resources: Mapping[str, object],
    *,
    version: str,
    server: str = "/",
    missing: Collection[str] = (),
) -> dict[str, Any]:
    """
    Describe what resources do, by path; the server `/` is that of the document.

    What is ``missing``, by the ids of operations, is left out.

    OpenAPI knows no rest of a path: what takes one is left out.
    """
    operations = {
        path: found
        for path, resource in resources.items()
        if (found := _operations(resource, missing)) and not REST.search(path)
    }
    known = _known(operations)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Scribes Auth",
            "version": version,
            "description": ABOUT,
            "contact": {"name": "Who runs this service"},
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server, "description": "This service"}],
        "tags": _tags(operations),
        "paths": {
            FIELD.sub(r"{\1}", path): {
                method: _operation(path, method, one, known)
                for method, one in found.items()
            }
            for path, found in operations.items()
        },
        "components": _components(operations, known),
    }


def _operations(resource: object, missing: Collection[str]) -> dict[str, Operation]:
    return {
        method.lower(): found
        for method, found in declarations_of(resource).items()
        if isinstance(found, Operation) and found.id not in missing
    }


def _every(operations: Operations) -> Iterator[Operation]:
    for found in operations.values():
        yield from found.values()


def _known(operations: Operations) -> dict[str, Schema]:
    """Return the schemas of all models, by name; those that are no bodies, too."""
    every = [*_every(operations)]
    sent = {it for one in every for it in (one.body, one.query) if it is not None}
    answers = {one.answers for one in every if one.answers is not None}
    return schemas(sent, {Problem, *answers})


def _tags(operations: Operations) -> list[dict[str, str]]:
    used = {one.tag for one in _every(operations)}
    return [
        {"name": tag.value, "description": tag.description}
        for tag in Tag
        if tag in used
    ]


def _operation(
    path: str, method: str, facts: Operation, known: Mapping[str, Schema]
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": facts.id or re.sub(r"\W+", "_", f"{method}{path}"),
        "summary": facts.summary,
        "description": facts.description or f"{facts.summary}.",
        "tags": [facts.tag.value],
        "security": _security(facts),
    }
    if facts.allows is not None:
        described["x-roles"] = sorted(facts.allows)
    if found := parameters(path, facts, known):
        described["parameters"] = found
    if facts.body is not None:
        described["requestBody"] = {
            "required": not facts.body_optional,
            "content": json_of(facts.body, known),
        }
    return {**described, "responses": Responses(known).of(facts)}


def _security(facts: Operation) -> list[dict[str, list[str]]]:
    """Return what has to come along: any one of these."""
    if facts.takes_bearer:
        return [{"bearer": []}, {}]
    return [] if facts.allows is None else [{"bearer": []}]


def _components(operations: Operations, known: Mapping[str, Schema]) -> dict[str, Any]:
    every = [*_every(operations)]
    reasons = [reason for one in every for reason in reasons_of(one)]
    answers = [one.answers for one in every if one.answers is not None]
    no_bodies = {
        *(one.query.__name__ for one in every if one.query is not None),
        *(it.__name__ for it in answers if issubclass(it, HeaderAnswer)),
    }
    return {
        "schemas": {name: it for name, it in known.items() if name not in no_bodies},
        "headers": dict(HEADERS),
        "examples": examples(reasons),
        "securitySchemes": {
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": BEARER,
            }
        },
    }
