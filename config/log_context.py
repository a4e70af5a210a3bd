"""What every log line of a request says about it."""

from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any

REQUEST: ContextVar[MutableMapping[str, str]] = ContextVar("REQUEST")
"""Set anew for each request: nothing of the one before it is left."""


def with_request(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Add what is known of the request, if the line belongs to one."""
    for name, value in REQUEST.get({}).items():
        event.setdefault(name, value)
    return event
