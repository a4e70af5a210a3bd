"""What is traced; as it stands here, nothing is."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Caller:
    """The span that a request says it comes from, in hexadecimal."""

    trace_id: str
    span_id: str
    is_sampled: bool


class Tracing:
    """
    Traces nothing.

    What is told of a request or a call is ours: names, routes and codes, never anything that
    a client sent, or that an error says.
    """

    is_on: ClassVar[bool] = False

    def open(self) -> None:
        """Begin to send what is traced."""

    def close(self) -> None:
        """Send what is left, but wait for nobody; may be repeated."""

    def request(
        self, method: str, caller: Caller | None
    ) -> AbstractContextManager[None]:
        """Surround a request; goes on with the trace of its caller, if that traces."""
        del method, caller
        return nullcontext()

    def answered(self, method: str, route: str | None, status: int) -> None:
        """Tell how the request that is under way was answered."""

    def work(self, name: str) -> AbstractContextManager[None]:
        """Surround work that nobody asked for."""
        del name
        return nullcontext()

    def call(self, name: str, facts: Mapping[str, str]) -> AbstractContextManager[None]:
        """Surround a call to somebody else, if it belongs to a request or to work."""
        del name, facts
        return nullcontext()
