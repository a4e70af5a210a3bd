"""`/openapi.json` (OpenAPI 3.1), from the operations and models that do the work."""

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from entrypoints.http.bodies import HeaderAnswer, Problem, RequestQuery
from entrypoints.http.declaration import declarations_of
from entrypoints.http.operation import Operation
from entrypoints.http.problems import STATUS
from entrypoints.http.routing import FIELD, REST

REF = "#/components/schemas/{model}"
BODY_PROBLEMS = {
    HTTPStatus.BAD_REQUEST: "The body is not valid JSON",
    HTTPStatus.REQUEST_TIMEOUT: "The body did not arrive in time",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not application/json",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Fields break their rules; all of them are named",
}


def openapi(resources: Mapping[str, object], *, version: str) -> dict[str, Any]:
    """Describe every operation of the resources, by path; OpenAPI knows no rest of a path."""
    operations = {
        path: found
        for path, resource in resources.items()
        if (found := _operations(resource)) and not REST.search(path)
    }
    every = [one for found in operations.values() for one in found.values()]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Scribes Auth",
            "version": version,
            "description": "Accounts, log-ins, JWTs and password resets.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {
            FIELD.sub(r"{\1}", path): {
                method: _operation(path, method, one) for method, one in found.items()
            }
            for path, found in operations.items()
        },
        "components": {
            "schemas": _schemas(every),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
        },
    }


def _operations(resource: object) -> dict[str, Operation]:
    return {
        method.lower(): found
        for method, found in declarations_of(resource).items()
        if isinstance(found, Operation)
    }


def _operation(path: str, method: str, facts: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{method}{path}"),
        "summary": facts.summary,
        "tags": ["auth" if path.startswith("/auth/") else "service"],
        "responses": _responses(facts),
    }
    if parameters := [*_fields(path), *_parameters(facts.query)]:
        described["parameters"] = parameters
    if facts.body is not None:
        described["requestBody"] = {
            "required": not facts.body_optional,
            "content": _content("application/json", facts.body),
        }
    if facts.allows is not None:
        described["security"] = [{"bearer": []}]
    return described


def _responses(facts: Operation) -> dict[str, Any]:
    reasons: dict[HTTPStatus, list[str]] = {}
    for error in facts.refusals:
        reasons.setdefault(STATUS[error], []).append(error.detail)
    if facts.body is not None:
        for status, reason in BODY_PROBLEMS.items():
            reasons.setdefault(status, []).append(reason)
    if facts.query is not None:
        broken = "A parameter of the query is unknown, or breaks its rules"
        reasons.setdefault(HTTPStatus.UNPROCESSABLE_ENTITY, []).append(broken)
    refusals = {
        str(int(status)): {
            "description": "; or ".join(dict.fromkeys(details)),
            "content": _content("application/problem+json", Problem),
        }
        for status, details in sorted(reasons.items())
    }
    return {str(int(facts.status)): _good(facts), **refusals}


def _good(facts: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {"description": facts.status.phrase}
    if _is_headers(facts):
        described["headers"] = _headers(facts.answers)
    else:
        described["content"] = _content("application/json", facts.answers)
    return described


def _fields(path: str) -> list[dict[str, Any]]:
    return [
        {
            "name": field["name"],
            "in": "path",
            "required": True,
            "schema": {"type": "integer" if field["kind"] == "int" else "string"},
        }
        for field in FIELD.finditer(path)
    ]


def _parameters(query: type[RequestQuery] | None) -> list[dict[str, Any]]:
    if query is None:
        return []
    fields = query.model_json_schema()["properties"]
    return [
        {
            "name": name,
            "in": "query",
            "description": field.pop("description"),
            "schema": field,
        }
        for name, field in fields.items()
    ]


def _headers(answers: type[BaseModel]) -> dict[str, Any]:
    return {
        field.serialization_alias or name: {
            "required": True,
            "description": field.description or "",
            "schema": {"type": "string"},
        }
        for name, field in answers.model_fields.items()
    }


def _content(media: str, model: type[BaseModel]) -> dict[str, Any]:
    return {media: {"schema": {"$ref": REF.format(model=model.__name__)}}}


def _schemas(operations: Iterable[Operation]) -> dict[str, Any]:
    bodies = {one.body for one in operations if one.body is not None}
    answers = {one.answers for one in operations if not _is_headers(one)} | {Problem}
    _, described = models_json_schema(
        [(model, "validation") for model in sorted(bodies, key=_name)]
        + [(model, "serialization") for model in sorted(answers, key=_name)],
        ref_template=REF,
    )
    schemas: dict[str, Any] = described["$defs"]
    return schemas


def _is_headers(facts: Operation) -> bool:
    return issubclass(facts.answers, HeaderAnswer)


def _name(model: type[BaseModel]) -> str:
    return model.__name__
