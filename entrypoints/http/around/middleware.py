"""What happens around every request: its id, its log line, its headers, its reader."""

import logging
import re
import time
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from falcon import HTTP_METHODS
from falcon.asgi import Request, Response

from core.model import Client
from core.ports import IdGenerator, Metrics
from core.ports.driving import Identification
from entrypoints.http.around.client_address import ClientAddresses
from entrypoints.http.declaration import Declaration
from entrypoints.http.operation import BodyReader
from entrypoints.http.rendering import Site

log = logging.getLogger(__name__)

REQUEST_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
LONGEST_LABEL = 200
LONGEST_PATH = 200
LONGEST_FIRST_TRACE = 55
"""In characters; only versions after 00 may have more."""

TRACE = re.compile(
    r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?"
)
"""W3C Trace Context, section 3.2: version, trace, parent and flags; more may follow some day."""

ONLY_HTTPS = {"Strict-Transport-Security": "max-age=63072000"}
"""Two years, for browsers that came by https."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


@dataclass(frozen=True, slots=True)
class RequestContext:
    """Names the request, and tells what became of it."""

    ids: IdGenerator
    reader: BodyReader
    identification: Identification
    addresses: ClientAddresses
    site: Site

    async def process_request(self, req: Request, resp: Response) -> None:
        given = req.get_header("X-Request-ID") or ""
        request_id = given if REQUEST_ID.fullmatch(given) else self.ids.new_id()
        req.context.request_id = request_id
        if req.method == "HEAD":
            req.method = "GET"  # the server leaves the body out (RFC 9110, 9.3.2)
        req.context.reader = self.reader
        req.context.identification = self.identification
        req.context.declaration = None  # the router finds it
        resp.context.site = self.site
        req.context.started = time.perf_counter()
        label = (req.user_agent or "")[:LONGEST_LABEL]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id, **_trace(req))
        address = self.addresses.of(req)
        req.context.client = Client(address=address, label=label)
        structlog.contextvars.bind_contextvars(client=address)

    async def process_response(
        self, req: Request, resp: Response, resource: object, req_succeeded: bool
    ) -> None:
        resp.set_header("X-Request-ID", req.context.request_id)
        status = HTTPStatus(resp.status_code)
        seconds = time.perf_counter() - req.context.started
        declaration: Declaration | None = req.context.declaration
        quiet = declaration and declaration.quiet and status < HTTPStatus.BAD_REQUEST
        # The raw path: percent-encoded, so it can't break or forge a line.
        path = req.scope["raw_path"].decode("ascii", "replace")[:LONGEST_PATH]
        method = req.scope["method"]
        log.log(
            logging.DEBUG if quiet else logging.INFO,
            "%s %s %d %s",
            method,
            path,
            status,
            status.phrase,
            extra={
                "method": method,
                "path": path,
                "route": req.uri_template,
                "status": int(status),
                "duration_ms": round(seconds * 1000, 1),
            },
        )


def _trace(req: Request) -> dict[str, str]:
    """Return what ties our log lines to the caller's, if the caller traces."""
    given = req.get_header("traceparent") or ""
    found = TRACE.fullmatch(given)
    if found is None or not int(found[1], 16) or not int(found[2], 16):
        return {}
    if given.startswith("00") and len(given) != LONGEST_FIRST_TRACE:
        return {}
    return {"trace_id": found[1], "parent_id": found[2]}


@dataclass(frozen=True, slots=True)
class Measured:
    """Counts and times requests by route: a path is the client's text, a route is ours."""

    metrics: Metrics

    async def process_response(
        self, req: Request, resp: Response, resource: object, req_succeeded: bool
    ) -> None:
        route = {
            "method": req.method if req.method in HTTP_METHODS else "other",
            "route": req.uri_template or "none",
        }
        seconds = time.perf_counter() - req.context.started
        status = str(resp.status_code)
        self.metrics.count("http_requests", status=status, **route)
        self.metrics.observe("http_request_duration_seconds", seconds, **route)


@dataclass(frozen=True, slots=True)
class SecurityHeaders:
    """Safe defaults where a response says nothing else."""

    https: bool

    async def process_response(
        self, req: Request, resp: Response, resource: object, req_succeeded: bool
    ) -> None:
        for name, value in HEADERS.items():
            if resp.get_header(name) is None:
                resp.set_header(name, value)
        if resp.get_header("Cache-Control") is None:
            resp.set_header("Cache-Control", "no-store")
        if self.https:
            resp.set_headers(ONLY_HTTPS)
