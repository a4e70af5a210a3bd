"""What happens around every request: its id, its log line, its figures, its reader."""

import logging
import re
import time
from dataclasses import dataclass, field
from http import HTTPStatus

from falcon import HTTP_METHODS
from falcon.asgi import Request, Response

from config.log_context import REQUEST
from core.model import Client
from core.ports import Figure, IdGenerator, Metrics
from core.ports.driving import Identification
from entrypoints.http.around.client_address import ClientAddresses
from entrypoints.http.around.traces import caller_of
from entrypoints.http.declaration import Declaration
from entrypoints.http.operation import BodyReader
from entrypoints.http.rendering import Site

log = logging.getLogger(__name__)

REQUEST_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
LONGEST_LABEL = 200
LONGEST_PATH = 200


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Names the request, and has at hand what those who answer it ask for."""

    ids: IdGenerator
    reader: BodyReader
    identification: Identification
    addresses: ClientAddresses
    site: Site

    async def process_request(self, req: Request, resp: Response) -> None:
        given = req.get_header("X-Request-ID") or ""
        request_id = given if REQUEST_ID.fullmatch(given) else self.ids.new_id()
        context = req.context
        context.request_id = request_id
        if req.method == "HEAD":
            req.method = "GET"  # the server leaves the body out (RFC 9110, 9.3.2)
        context.reader = self.reader
        context.identification = self.identification
        context.declaration = None  # the router finds it
        context.limits = None  # where they are switched off
        resp.context.site = self.site
        context.started = time.perf_counter()
        label = (req.get_header("User-Agent") or "")[:LONGEST_LABEL]
        told = {"request_id": request_id, **_trace(req)}
        REQUEST.set(told)
        told["client"] = self.addresses.of(req)
        context.client = Client(address=told["client"], label=label)


def _trace(req: Request) -> dict[str, str]:
    """Return what ties our log lines to the caller's, if the caller traces."""
    caller = caller_of(req.scope)
    if caller is None:
        return {}
    return {"trace_id": caller.trace_id, "parent_id": caller.span_id}


@dataclass(frozen=True, slots=True)
class Answered:
    """
    What goes with every answer: its id, its figures, its log line.

    Requests are counted and timed by route: a path is the client's text, a route is ours.
    """

    metrics: Metrics
    _figures: dict[tuple[str, str, int], tuple[Figure, Figure]] = field(
        default_factory=dict, init=False
    )
    """Found once for each set of labels: to look takes longer than to count."""

    async def process_response(
        self, req: Request, resp: Response, resource: object, req_succeeded: bool
    ) -> None:
        resp.set_header("x-request-id", req.context.request_id)
        seconds = time.perf_counter() - req.context.started
        status = resp.status_code
        self._measure(req, status, seconds)
        _tell(req, status, seconds)

    def _measure(self, req: Request, status: int, seconds: float) -> None:
        is_ours = req.uri_template is None or req.context.declaration is not None
        # Else a stranger makes a histogram of each method for each route.
        method = req.method if is_ours and req.method in HTTP_METHODS else "other"
        labels = (method, req.uri_template or "none", status)
        if (figures := self._figures.get(labels)) is None:
            figures = self._figures[labels] = self._new_figures(*labels)
        number, duration = figures
        number(1)
        duration(seconds)

    def _new_figures(
        self, method: str, route: str, status: int
    ) -> tuple[Figure, Figure]:
        return (
            self.metrics.counter(
                "http_requests", method=method, route=route, status=str(status)
            ),
            self.metrics.distribution(
                "http_request_duration_seconds", method=method, route=route
            ),
        )


def _tell(req: Request, status: int, seconds: float) -> None:
    declaration: Declaration | None = req.context.declaration
    is_quiet = declaration is not None and declaration.quiet
    quiet = is_quiet and status < HTTPStatus.BAD_REQUEST
    level = logging.DEBUG if quiet else logging.INFO
    if not log.isEnabledFor(level):
        return
    # The raw path: percent-encoded, so it can't break or forge a line.
    path = req.scope["raw_path"].decode("ascii", "replace")[:LONGEST_PATH]
    method = req.scope["method"]
    log.log(
        level,
        "%s %s %d %s",
        method,
        path,
        status,
        HTTPStatus(status).phrase,
        extra={
            "method": method,
            "path": path,
            "route": req.uri_template,
            "status": status,
            "duration_ms": round(seconds * 1000, 1),
        },
    )
