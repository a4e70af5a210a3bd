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
    """What happens unless it is called off in time."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, call: Callable[[], object]
    ) -> None:
        self._loop = loop
        self._call = call
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_set(self) -> bool:
        """Tell whether it was set, and not called off since."""
        return self._timer is not None

    def set(self, seconds: float) -> None:
        """Let it happen so long from now, whenever it was to happen before."""
        self.call_off()
        self._timer = self._loop.call_later(seconds, self._call)

    def call_off(self) -> None:
        """Let it not happen; may be repeated."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
