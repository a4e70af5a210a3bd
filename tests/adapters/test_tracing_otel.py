from collections.abc import Iterator
from time import monotonic

import pytest

from adapters.tracing.otel import OtelTracing, with_trace
from adapters.tracing.spans import Caller
from core.errors import EmailTaken, Unavailable
from tests.servers.collector import Collector, Span
from tests.servers.processes import free_port
from tests.servers.service import wait_for

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    collector = Collector().start()
    yield collector
    collector.stop()


class Traced:
    """What traces, and what of it arrives."""

    def __init__(self, collector: Collector, protocol: str) -> None:
        self._collector = collector
        self._before = len(collector.spans)
        endpoint = collector.settings(protocol)["OTEL_EXPORTER_OTLP_ENDPOINT"]
        self.tracing = OtelTracing(endpoint, protocol, "1.2.3")
        self.tracing.open()

    def arrived(self, count: int) -> list[Span]:
        """Return as many spans, the innermost first."""
        self.tracing.close()
        return wait_for(
            lambda: (
                (found := self._collector.spans[self._before :])[count - 1 :] and found
            ),
            "the spans",
        )


@pytest.fixture(params=["http/protobuf", "grpc"])
def traced(collector: Collector, request: pytest.FixtureRequest) -> Traced:
    return Traced(collector, request.param)


def test_a_request_goes_on_with_its_callers_trace(traced: Traced) -> None:
    tracing = traced.tracing
    with tracing.request("GET", Caller(TRACE, PARENT, is_sampled=True)):
        with tracing.call("storage.ping", {"db.system.name": "sqlite"}):
            pass
        tracing.answered("GET", "/readyz", 200)

    call, request = traced.arrived(2)

    assert (TRACE, PARENT, "GET /readyz", "SERVER", "UNSET") == (
        request.trace, request.parent, request.name, request.kind, request.status,
    )  # fmt: skip
    assert request.attributes == {
        "http.request.method": "GET",
        "http.route": "/readyz",
        "http.response.status_code": "200",
    }
    assert (TRACE, request.id, "storage.ping", "CLIENT") == (
        call.trace, call.parent, call.name, call.kind,
    )  # fmt: skip
    assert call.attributes == {"db.system.name": "sqlite"}


def test_lines_name_no_span_that_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    tracing = OtelTracing("http://127.0.0.1:9", "http/protobuf", "1.2.3")

    with tracing.request("GET", Caller(TRACE, PARENT, is_sampled=True)):
        line = with_trace(None, "", {"event": "hello"})

    assert {"event": "hello"} == line


def test_what_its_caller_does_not_sample_is_not_sent(traced: Traced) -> None:
    with traced.tracing.request("GET", Caller(TRACE, PARENT, is_sampled=False)):
        pass
    with traced.tracing.request("POST", None):
        pass

    assert ["POST"] == [it.name for it in traced.arrived(1)]


def test_what_fails_tells_its_kind_and_never_what_it_says(traced: Traced) -> None:
    tracing = traced.tracing
    for error in (EmailTaken("ada@example.com"), Unavailable("ada@example.com")):
        with (
            pytest.raises(type(error)),
            tracing.work("work"),
            tracing.call("storage.users.add", {}),
        ):
            raise error

    refused, _, failed, work = traced.arrived(4)

    assert ("UNSET", "EmailTaken") == (refused.status, refused.attributes["error.type"])
    assert ("ERROR", "Unavailable") == (failed.status, failed.attributes["error.type"])
    assert "ERROR" == work.status
    assert not any("ada@example.com" in repr(span) for span in (refused, failed, work))


def test_an_answer_of_our_own_fault_is_an_error(traced: Traced) -> None:
    with traced.tracing.request("POST", None):
        traced.tracing.answered("POST", None, 503)

    (request,) = traced.arrived(1)

    assert ("POST", "ERROR", "") == (request.name, request.status, request.parent)
    assert "503" == request.attributes["error.type"]


def test_calls_that_nobody_asked_for_are_not_traced(traced: Traced) -> None:
    tracing = traced.tracing
    with tracing.call("storage.events.due", {}):
        pass
    with tracing.work("secrets.look"):
        pass

    (work,) = traced.arrived(1)

    assert ("secrets.look", "INTERNAL") == (work.name, work.kind)


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_a_collector_that_is_away_is_not_waited_for_at_the_end(protocol: str) -> None:
    tracing = OtelTracing(f"http://127.0.0.1:{free_port()}", protocol, "1.2.3")
    tracing.open()
    with tracing.work("work"):
        pass

    begun = monotonic()
    tracing.close()
    tracing.close()

    assert monotonic() - begun < 4
