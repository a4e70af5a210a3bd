"""What is refused before there is a request: the same problem details as everywhere."""

import logging
from collections.abc import Iterable
from http import HTTPStatus

from entrypoints.http.answers import Problem
from entrypoints.http.codes import door_code

log = logging.getLogger(__name__)

TITLES = {
    HTTPStatus.REQUEST_URI_TOO_LONG: "URI Too Long",  # its name since RFC 7231
}
RETRY_SECONDS = 10
"""After which another connection is worth a try."""


class Refusal(Exception):
    """What was sent is no request that is served; the connection ends with the answer."""

    def __init__(
        self, detail: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST
    ) -> None:
        super().__init__(detail)
        self.status = status

    @property
    def title(self) -> str:
        return TITLES.get(self.status, self.status.phrase)


class TooManyConnections(Refusal):
    """There is no room for this connection."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, HTTPStatus.SERVICE_UNAVAILABLE)


def answer_to(
    refusal: Refusal,
    client: str | None,
    headers: Iterable[tuple[bytes, bytes]],
    *,
    request_id: str,
) -> bytes:
    """Return the whole response with these headers among others, and log it."""
    log.info(
        "Refused: %d %s",
        refusal.status,
        refusal.title,
        extra={"client": client, "reason": str(refusal), "request_id": request_id},
    )
    problem = Problem(
        title=refusal.title,
        status=refusal.status,
        detail=str(refusal),
        code=door_code(refusal.status),
        request_id=request_id,
    )
    body = problem.model_dump_json(exclude_none=True, by_alias=True).encode()
    fields = {
        "Content-Type": "application/problem+json",
        "Content-Length": str(len(body)),
        "Connection": "close",
        "X-Request-ID": request_id,
    }
    if refusal.status is HTTPStatus.SERVICE_UNAVAILABLE:
        fields["Retry-After"] = str(RETRY_SECONDS)
    lines = [b"HTTP/1.1 %d %s" % (refusal.status, refusal.title.encode())]
    lines += [name + b": " + value for name, value in headers]
    lines += [f"{name}: {value}".encode() for name, value in fields.items()]
    return b"\r\n".join([*lines, b"", body])
