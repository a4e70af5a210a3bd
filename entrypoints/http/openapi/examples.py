"""An example of every refusal, by its code."""

from collections.abc import Iterable, Mapping
from typing import Any

from core import errors
from entrypoints.http.answers import FieldProblem, Problem
from entrypoints.http.codes import MEANINGS
from entrypoints.http.openapi.described import REQUEST_ID
from entrypoints.http.openapi.responses import Reason
from entrypoints.http.problems import QUOTA_EXCEEDED

FIELD = FieldProblem(field="token", message="Field required", code="missing")
MORE: Mapping[str, Mapping[str, Any]] = {
    errors.TooManyAttempts.code: {
        "type": QUOTA_EXCEEDED,
        "violated_policies": ["login/minute"],
    },
    "validation_failed": {"detail": "token: Field required", "errors": [FIELD]},
}
"""What one says besides."""


def examples(reasons: Iterable[Reason]) -> dict[str, Any]:
    """Return one for each code, in the order of the codes."""
    found = {reason.code: reason for reason in reasons}
    return {
        code: {"summary": meaning, "value": _problem(found[code])}
        for code, meaning in MEANINGS.items()
        if code in found
    }


def _problem(reason: Reason) -> dict[str, Any]:
    problem = Problem(
        title=reason.status.phrase,
        status=reason.status,
        detail=reason.detail,
        code=reason.code,
        request_id=REQUEST_ID,
    )
    full = problem.model_copy(update=MORE.get(reason.code, {}))
    return full.model_dump(mode="json", by_alias=True)
