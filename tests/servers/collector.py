"""Rotel, a collector of OpenTelemetry's traces, which tells all that it got."""

import re
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tests.servers.processes import ServerProcess, ServerStartError, free_port

SPAN = re.compile(
    r"Trace ID +: (?P<trace>\w+)\s+Parent ID +: ?(?P<parent>\w*)\s+ID +: (?P<id>\w+)"
    r"\s+Name +: (?P<name>.+)\s+Kind +: SPAN_KIND_(?P<kind>\w+)"
    r"(?:.|\n)*?Status code +: STATUS_CODE_(?P<status>\w+)\s+Status message : ?(?P<message>.*)"
    r"(?:\s+Attributes:(?P<attributes>(?:\s+-> .+)*))?"
)
ATTRIBUTE = re.compile(r"-> (\S+): \w+\((.*)\)")


@dataclass(frozen=True)
class Span:
    """A span as the collector tells of it."""

    trace: str
    id: str
    parent: str
    name: str
    kind: str
    status: str
    message: str
    attributes: dict[str, str]


class Collector(ServerProcess):
    """Listens for OTLP by gRPC and by HTTP."""

    name = "rotel"

    def __init__(self) -> None:
        super().__init__()
        self.http_port = free_port()

    def settings(self, protocol: str) -> dict[str, str]:
        """Return what makes a service send its traces here, soon."""
        port = self.port if protocol == "grpc" else self.http_port
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{self.host}:{port}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }

    @property
    def spans(self) -> list[Span]:
        return list(_spans(self.log))

    def command(self) -> Sequence[str | Path]:
        return [
            _binary(),
            "start",
            f"--otlp-grpc-endpoint={self.host}:{self.port}",
            f"--otlp-http-endpoint={self.host}:{self.http_port}",
            "--exporter=blackhole",
            "--debug-log=traces",
            "--debug-log-verbosity=detailed",
        ]

    def is_ready(self) -> bool:
        return all(self._listens(port) for port in (self.port, self.http_port))

    def _listens(self, port: int) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((self.host, port)) == 0


def _spans(log: str) -> Iterator[Span]:
    for found in SPAN.finditer(log):
        facts = found.groupdict()
        attributes = dict(ATTRIBUTE.findall(facts.pop("attributes") or ""))
        yield Span(**facts, attributes=attributes)


def _binary() -> Path:
    package = find_spec("rotel")
    if package is None or package.origin is None:
        raise ServerStartError("no collector: install the extra [test]")
    return Path(package.origin).with_name("rotel-agent")
