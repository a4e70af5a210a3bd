"""What happens around every request: its id, its log line, its headers, its reader."""

import logging
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from falcon import HTTP_METHODS
from falcon.asgi import Request, Response

from config.log_context import REQUEST
from core.model import Client
from core.ports import IdGenerator, Metrics
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

HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}
ONLY_HTTPS = {"strict-transport-security": "max-age=63072000"}
"""Two years, for browsers that came by https."""


def usual_headers(*, https: bool) -> Mapping[str, str]:
    """Return safe defaults for every answer."""
    return HEADERS | ONLY_HTTPS if https else HEADERS


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
        req.context.limits = None  # where they are switched off
        resp.context.site = self.site
        req.context.started = time.perf_counter()
        label = (req.user_agent or "")[:LONGEST_LABEL]
        told = {"request_id": request_id, **_trace(req)}
        REQUEST.set(told)
        told["client"] = self.addresses.of(req)
        req.context.client = Client(address=told["client"], label=label)

    async def process_response(
        self, req: Request, resp: Response, resource: object, req_succeeded: bool
    ) -> None:
        resp.set_header("X-Request-ID", req.context.request_id)
        declaration: Declaration | None = req.context.declaration
        is_quiet = declaration is not None and declaration.quiet
        status = resp.status_code
        quiet = is_quiet and status < HTTPStatus.BAD_REQUEST
        level = logging.DEBUG if quiet else logging.INFO
        if not log.isEnabledFor(level):
            return
        seconds = time.perf_counter() - req.context.started
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


def _trace(req: Request) -> dict[str, str]:
    """Return what ties our log lines to the caller's, if the caller traces."""
    caller = caller_of(req.scope)
    if caller is None:
        return {}
    return {"trace_id": caller.trace_id, "parent_id": caller.span_id}


@dataclass(frozen=True, slots=True)
class Measured:
    """Counts and times requests by route: a path is the client's text, a route is ours."""

    metrics: Metrics

    async def process_response(
        self, req: Request, resp: Response, resource: object, req_succeeded: bool
    ) -> None:
        is_ours = req.uri_template is None or req.context.declaration is not None
        route = {
            # Else a stranger makes a histogram of each method for each route.
            "method": req.method if is_ours and req.method in HTTP_METHODS else "other",
            "route": req.uri_template or "none",
        }
        seconds = time.perf_counter() - req.context.started
        status = str(resp.status_code)
        self.metrics.count("http_requests", status=status, **route)
        self.metrics.observe("http_request_duration_seconds", seconds, **route)


@dataclass(frozen=True, slots=True)
class SecurityHeaders:
    """Safe defaults where a response says nothing else."""

    headers: Mapping[str, str]

    async def process_response(
        self, req: Request, resp: Response, resource: object, req_succeeded: bool
    ) -> None:
        resp.set_headers({**self.headers, **resp.headers})
