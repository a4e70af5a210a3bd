"""Traces by OpenTelemetry, sent by OTLP; its own variables set what ours do not."""

import logging
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from http import HTTPStatus
from threading import Timer
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import (
    OTLPSpanExporter as GrpcExporter,
)
from opentelemetry.exporter.otlp.proto.http.trace_exporter import (
    OTLPSpanExporter as HttpExporter,
)
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
)

from adapters.tracing.spans import Caller, Tracing
from core.errors import AuthError, Unavailable

NAME = "scribes-auth"

LAST_EXPORT = 2.0
"""Seconds that a collector has for what is left at the end."""

# It shows headers that it can't read, tokens among them.
logging.getLogger("opentelemetry.util").setLevel(logging.ERROR)

SAMPLED = {True: TraceFlags(TraceFlags.SAMPLED), False: TraceFlags()}


class OtelTracing(Tracing):
    """``protocol`` is ``grpc`` or ``http/protobuf``."""

    is_on = True

    def __init__(self, endpoint: str, protocol: str, version: str) -> None:
        self._endpoint = endpoint
        self._protocol = protocol
        self._exporter: SpanExporter | None = None
        # Ours give way to those of OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME.
        told = OTELResourceDetector().detect().attributes
        own = {"service.name": NAME, "service.version": version}
        self._provider = TracerProvider(
            resource=Resource.create({**own, **told}), shutdown_on_exit=False
        )
        self._tracer = self._provider.get_tracer(NAME, version)

    def open(self) -> None:
        self._exporter = self._new_exporter()
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))

    def close(self) -> None:
        if self._exporter is None:
            return
        # Else it would be tried for as long as exports may take.
        impatience = Timer(LAST_EXPORT, self._exporter.shutdown)
        impatience.start()
        self._provider.shutdown()
        impatience.cancel()
        self._exporter = None

    def request(
        self, method: str, caller: Caller | None
    ) -> AbstractContextManager[None]:
        facts = {"http.request.method": method}
        return self._span(method, SpanKind.SERVER, facts, _context_of(caller))

    def answered(self, method: str, route: str | None, status: int) -> None:
        span = trace.get_current_span()
        span.set_attribute("http.response.status_code", status)
        if route is not None:
            span.update_name(f"{method} {route}")
            span.set_attribute("http.route", route)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            span.set_attribute("error.type", str(status))
            span.set_status(Status(StatusCode.ERROR))

    def work(self, name: str) -> AbstractContextManager[None]:
        return self._span(name, SpanKind.INTERNAL, {}, Context())

    def call(self, name: str, facts: Mapping[str, str]) -> AbstractContextManager[None]:
        if not trace.get_current_span().get_span_context().is_valid:
            return nullcontext()
        return self._span(name, SpanKind.CLIENT, facts)

    @contextmanager
    def _span(
        self,
        name: str,
        kind: SpanKind,
        facts: Mapping[str, str],
        context: Context | None = None,
    ) -> Iterator[None]:
        with self._tracer.start_as_current_span(
            name,
            context=context,
            kind=kind,
            attributes=facts,
            # What an error says may be a client's text.
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield
            except BaseException as error:
                span.set_attribute("error.type", type(error).__name__)
                if not _is_refusal(error):
                    span.set_status(Status(StatusCode.ERROR))
                raise

    def _new_exporter(self) -> SpanExporter:
        if self._protocol == "grpc":
            return GrpcExporter(self._endpoint)
        return HttpExporter(f"{self._endpoint.rstrip('/')}/v1/traces")


def with_trace(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Add to a log line in which trace and span it was written."""
    here = trace.get_current_span().get_span_context()
    # Its caller's is no span of ours; it is all there is while OpenTelemetry is disabled.
    if here.is_valid and not here.is_remote:
        event["trace_id"] = trace.format_trace_id(here.trace_id)
        event["span_id"] = trace.format_span_id(here.span_id)
    return event


def _context_of(caller: Caller | None) -> Context:
    if caller is None:
        return Context()
    span = SpanContext(
        trace_id=int(caller.trace_id, 16),
        span_id=int(caller.span_id, 16),
        is_remote=True,
        trace_flags=SAMPLED[caller.is_sampled],
    )
    return trace.set_span_in_context(NonRecordingSpan(span), Context())


def _is_refusal(error: BaseException) -> bool:
    return isinstance(error, AuthError) and not isinstance(error, Unavailable)
