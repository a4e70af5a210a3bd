"""What an operation answers and refuses: statuses, codes, headers and examples."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NamedTuple

from core import errors
from entrypoints.http.answers import HeaderAnswer, Problem
from entrypoints.http.codes import DOOR
from entrypoints.http.openapi.headers import ALWAYS, LIMITS, headers_of, references
from entrypoints.http.openapi.schemas import Schema, json_of, reference
from entrypoints.http.operation import Operation
from entrypoints.http.problems import STATUS

OF_A_BODY = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
OF_ANY = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_URI_TOO_LONG,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    HTTPStatus.INTERNAL_SERVER_ERROR,
)
WAITING = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


class Reason(NamedTuple):
    """Why something is refused."""

    status: HTTPStatus
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Responses:
    """Describes what operations answer; ``known`` are the schemas, by name."""

    known: Mapping[str, Schema]

    def of(self, facts: Operation) -> dict[str, Any]:
        """Return the responses of an operation by status."""
        reasons: dict[HTTPStatus, dict[str, Reason]] = {}
        for reason in reasons_of(facts):
            reasons.setdefault(reason.status, {})[reason.code] = reason
        found = {facts.status: self._good(facts)}
        if facts.cached:
            found[HTTPStatus.NOT_MODIFIED] = {
                "description": "What the client has is still the same",
                "headers": references(_headers_of(facts, HTTPStatus.NOT_MODIFIED)),
            }
        for status, why in reasons.items():
            found[status] = _refusal(facts, status, why)
        return {str(int(status)): one for status, one in sorted(found.items())}

    def _good(self, facts: Operation) -> dict[str, Any]:
        names = [*_headers_of(facts, facts.status), *facts.tells]
        headers = references(names)
        described = {"description": facts.status.phrase, "headers": headers}
        if facts.answers is None:
            return described
        if issubclass(facts.answers, HeaderAnswer):
            schema = self.known[facts.answers.__name__]
            described["headers"] = headers_of(schema) | headers
        else:
            described["content"] = json_of(facts.answers, self.known)
        return described


def reasons_of(facts: Operation) -> Iterator[Reason]:
    """Yield why an operation may refuse."""
    for error in facts.refusals:
        yield Reason(STATUS[error], error.code, error.detail)
    statuses = {*OF_ANY}
    if facts.body is not None:
        statuses |= {*OF_A_BODY}
    if facts.query is not None:
        statuses.add(HTTPStatus.UNPROCESSABLE_ENTITY)
    for status in sorted(statuses):
        yield Reason(status, *DOOR[status])


def _refusal(
    facts: Operation, status: HTTPStatus, reasons: Mapping[str, Reason]
) -> dict[str, Any]:
    return {
        "description": "; or ".join(one.detail for one in reasons.values()),
        "headers": references(_headers_of(facts, status)),
        "content": {
            "application/problem+json": {
                "schema": reference(Problem),
                "examples": {
                    code: {"$ref": f"#/components/examples/{code}"} for code in reasons
                },
            }
        },
    }


def _headers_of(facts: Operation, status: HTTPStatus) -> Iterator[str]:
    yield from ALWAYS
    if facts.cached and status < HTTPStatus.BAD_REQUEST:
        yield "ETag"
    if status is HTTPStatus.UNAUTHORIZED:
        yield "WWW-Authenticate"
    if status is HTTPStatus.FORBIDDEN and errors.Forbidden in facts.refusals:
        yield "WWW-Authenticate"
    if status in WAITING:
        yield "Retry-After"
    limited = facts.limit is not None or facts.limit_by_user is not None
    counts = limited or status is HTTPStatus.TOO_MANY_REQUESTS
    if counts and status is not HTTPStatus.SERVICE_UNAVAILABLE:
        yield from LIMITS
