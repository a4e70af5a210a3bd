"""When a connection is read on, and when it has waited long enough."""

import asyncio
from collections.abc import Callable

from uvicorn.protocols.http.flow_control import FlowControl


class Flow(FlowControl):
    """Reads on only after what came before was dealt with."""

    def __init__(
        self, transport: asyncio.Transport, go_on: Callable[[], object]
    ) -> None:
        super().__init__(transport)
        self._go_on = go_on

    def resume_reading(self) -> None:
        if self.read_paused:
            self._go_on()

    def read(self) -> None:
        """Read from the connection again."""
        super().resume_reading()


class Deadline:
    """
    What happens unless it is called off in time.

    Most are: so the loop's timer stays as it is then, and looks again when it is due.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, call: Callable[[], object]
    ) -> None:
        self._loop = loop
        self._call = call
        self._due: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_set(self) -> bool:
        """Tell whether it was set, and neither happened nor was called off since."""
        return self._due is not None

    def set(self, seconds: float) -> None:
        """Let it happen so long from now, whenever it was to happen before."""
        self._due = due = self._loop.time() + seconds
        if self._timer is None:
            self._timer = self._loop.call_at(due, self._look)
        elif self._timer.when() > due:
            self._timer.cancel()
            self._timer = self._loop.call_at(due, self._look)

    def call_off(self) -> None:
        """Let it not happen; may be repeated."""
        self._due = None

    def drop(self) -> None:
        """Let it not happen, and the loop forget it."""
        self._due = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if self._due is None:
            return
        if self._loop.time() < self._due:
            self._timer = self._loop.call_at(self._due, self._look)
            return
        self._due = None
        self._call()
