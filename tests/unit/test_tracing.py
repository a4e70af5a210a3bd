import subprocess
import sys
from pathlib import Path

import pytest

from adapters.tracing.spans import Caller
from config.loading import load_settings
from core.errors import BadConfiguration
from entrypoints.http.around.traces import caller_of
from tests.unit.environment import Environment

CHECKOUT = Path(__file__).parents[2]

BUILD = """
import sys
sys.modules["fastapi"] = None  # only tests install it, and it brings its own traces
from config.container import Container
from config.loading import load_settings
from config.logging import configure_logging
from entrypoints.http import server

settings = load_settings()
configure_logging(settings)
server._application(Container(settings=settings))
print(any(name.partition(".")[0] == "opentelemetry" for name in sys.modules))
"""


@pytest.mark.parametrize(
    ("settings", "is_imported"),
    [({}, "False"), ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318"}, "True")],
    ids=["off", "on"],
)
def test_what_is_off_is_not_even_imported(
    tmp_path: Path, settings: dict[str, str], is_imported: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BUILD],
        cwd=tmp_path,
        env={"PYTHONPATH": str(CHECKOUT), **settings},
        capture_output=True,
        text=True,
        check=True,
    )

    assert is_imported == done.stdout.split()[-1]


def test_the_extra_that_traces_need_is_named(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "adapters.tracing.otel", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    environment.set(OTEL_EXPORTER_OTLP_ENDPOINT="http://localhost:4318")

    with pytest.raises(BadConfiguration) as bad:
        load_settings()

    told = "OTEL_EXPORTER_OTLP_ENDPOINT: opentelemetry is missing"
    assert (f"{told}; pip install '.[otel]'",) == bad.value.problems


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_BSP_MAX_QUEUE_SIZE", "-1"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "99999"),
    ],
)
def test_what_opentelemetry_cannot_read_keeps_it_from_starting(
    environment: Environment, protocol: str, name: str, value: str
) -> None:
    environment.set(
        OTEL_EXPORTER_OTLP_ENDPOINT="http://localhost:4318",
        OTEL_EXPORTER_OTLP_PROTOCOL=protocol,
        **{name: value},
    )

    with pytest.raises(BadConfiguration) as bad:
        load_settings()

    (problem,) = bad.value.problems
    assert problem.startswith(f"{name}: OpenTelemetry can't work so: max_")


def test_headers_that_opentelemetry_cannot_read_are_not_shown(
    environment: Environment, caplog: pytest.LogCaptureFixture
) -> None:
    environment.set(
        OTEL_EXPORTER_OTLP_ENDPOINT="http://localhost:4318",
        OTEL_EXPORTER_OTLP_HEADERS="letter",
    )

    load_settings()

    assert "letter" not in caplog.text


def test_spaces_around_a_callers_trace_are_no_part_of_it() -> None:
    trace, span = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    sent = f" \t00-{trace}-{span}-00 ".encode()

    caller = caller_of({"headers": [(b"traceparent", sent)]})

    assert Caller(trace, span, is_sampled=False) == caller
