"""The trace of a request, from its first header to its answer."""

import re
from dataclasses import dataclass

from falcon import HTTP_METHODS
from falcon.asgi import Request, Response

from adapters.tracing.spans import Caller, Tracing
from entrypoints.http.asgi import Asgi, Receive, Scope, Send

OTHER = "_OTHER"
"""What OpenTelemetry calls methods that a client made up."""

TRACEPARENT = re.compile(
    r"(?P<version>(?!ff)[0-9a-f]{2})-(?P<trace>(?!0{32})[0-9a-f]{32})"
    r"-(?P<span>(?!0{16})[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?"
)
"""W3C Trace Context, section 3.2; more may follow some day."""

FIRST_VERSION = "00"
"""Nothing more follows in it."""

SAMPLED = 1


def traced(app: Asgi, tracing: Tracing) -> Asgi:
    """Trace all that the application does for a request, where anything is traced."""
    if not tracing.is_on:
        return app

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        if "method" not in scope:
            await app(scope, receive, send)
            return
        with tracing.request(_method(scope), caller_of(scope)):
            await app(scope, receive, send)

    return handle


def caller_of(scope: Scope) -> Caller | None:
    """
    Return whose trace the request goes on with, None if it tells of none.

    Its `tracestate` is left alone: that is a client's text, and we call nobody with it.
    """
    told = [value for name, value in scope["headers"] if name == b"traceparent"]
    if len(told) != 1:
        return None
    found = TRACEPARENT.fullmatch(told[0].decode("latin-1").strip(" \t"))
    if found is None or (found["version"] == FIRST_VERSION and found["more"]):
        return None
    is_sampled = bool(int(found["flags"], 16) & SAMPLED)
    return Caller(found["trace"], found["span"], is_sampled)


@dataclass(frozen=True, slots=True)
class Traced:
    """Tells the trace what only the router and the answer know."""

    tracing: Tracing

    async def process_response(
        self, req: Request, resp: Response, resource: object, req_succeeded: bool
    ) -> None:
        self.tracing.answered(_method(req.scope), req.uri_template, resp.status_code)


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in HTTP_METHODS else OTHER
