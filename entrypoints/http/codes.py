"""The codes of refusals, all of them: stable, for programs; docs/api.md has them, too."""

import inspect
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import NamedTuple

from core import errors


class Refusal(NamedTuple):
    """What the door refuses by itself."""

    code: str
    meaning: str


DOOR: Mapping[HTTPStatus, Refusal] = {
    HTTPStatus.BAD_REQUEST: Refusal(
        "bad_request", "The request, or its body, is malformed or incomplete"
    ),
    HTTPStatus.FORBIDDEN: Refusal(
        "forbidden", "It comes from another site's page, or its path is not clear"
    ),
    HTTPStatus.NOT_FOUND: Refusal("not_found", "Nothing is at this path"),
    HTTPStatus.METHOD_NOT_ALLOWED: Refusal(
        "method_not_allowed", "The path takes other methods: Allow names them"
    ),
    HTTPStatus.REQUEST_TIMEOUT: Refusal(
        "request_timeout", "The body did not arrive in time"
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Refusal(
        "request_entity_too_large", "The body is too large"
    ),
    HTTPStatus.REQUEST_URI_TOO_LONG: Refusal(
        "uri_too_long", "The request line is too long"
    ),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: Refusal(
        "unsupported_media_type", "The body is not said to be application/json"
    ),
    HTTPStatus.UNPROCESSABLE_ENTITY: Refusal(
        "validation_failed", "Fields or parameters break rules; all of them are named"
    ),
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: Refusal(
        "request_header_fields_too_large", "The headers are too many or too large"
    ),
    HTTPStatus.INTERNAL_SERVER_ERROR: Refusal(
        "internal", "A fault of ours, which the log has under the request's id"
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: Refusal(
        "unavailable", "There is no room for another connection"
    ),
}
"""By status. Its phrase would not do: that is another one in another version of Python."""


def door_code(status: HTTPStatus) -> str:
    """Return the code of a refusal by the door; that of the class where none is listed."""
    return (DOOR.get(status) or DOOR[HTTPStatus(status // 100 * 100)]).code


def refusals() -> Iterator[type[errors.AuthError]]:
    """Yield what the core refuses with, in the order of its tree."""
    root = errors.AuthError
    for found in vars(errors).values():
        if inspect.isclass(found) and issubclass(found, root) and found is not root:
            yield found


def _meaning(error: type[errors.AuthError]) -> str:
    first, _, _ = (inspect.getdoc(error) or "").partition("\n")
    return first.removesuffix(".")


MEANINGS: Mapping[str, str] = {
    **{one.code: one.meaning for one in DOOR.values()},
    **{error.code: _meaning(error) for error in refusals()},
}
"""Every code there is, and what it means; the core's word counts where the door has one."""


def known(code: str) -> str:
    """Return a code; raises ValueError for one that clients are not told of."""
    if code not in MEANINGS:
        raise ValueError(f"{code!r} is in no list of codes")
    return code
