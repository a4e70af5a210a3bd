"""What the parts of a log line are called for machines: by OpenTelemetry's conventions."""

from collections.abc import MutableMapping
from typing import Any

NAMES = {
    "timestamp": "timestamp",
    "level": "severity_text",
    "event": "body",
    "logger": "otel.scope.name",
    "trace_id": "trace_id",
    "span_id": "span_id",
    "client": "client.address",
    "method": "http.request.method",
    "path": "url.path",
    "route": "http.route",
    "status": "http.response.status_code",
    "user_id": "user.id",
    "session_id": "session.id",
    "exception": "exception.stacktrace",
}
"""Ours, in the order of a line, and OpenTelemetry's."""

OWN = "scribes."
"""Stands before what it has no name for."""

SEVERITIES = {"warning": "WARN", "critical": "FATAL"}
"""Where they differ from our levels by more than their capitals."""


def by_schema(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Name the parts of a line as the schema does, and leave out what is not known."""
    known = {name: value for name, value in event.items() if value is not None}
    level = str(known.get("level", ""))
    known["level"] = SEVERITIES.get(level, level.upper())
    if "user_id" in known:
        known["user_id"] = str(known["user_id"])
    first = {NAMES[name]: known.pop(name) for name in NAMES if name in known}
    return {**first, **{f"{OWN}{name}": value for name, value in known.items()}}
