"""A TCP proxy that breaks connections: delay, reset, black hole, refusal, lost data."""

import asyncio
import socket
import struct
from contextlib import suppress
from types import TracebackType
from typing import Self

from tests.servers import LOOPBACK

RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER with zero seconds: close sends RST."""


class ChaosProxy:
    """
    Forwards a local port to a server; faults may change while connections are open.

    It lives in the event loop that starts it. Point the client at ``host`` and ``port``.
    """

    def __init__(self, server_host: str, server_port: int) -> None:
        self.host = LOOPBACK
        self.port = 0
        self.accepted_connections = 0
        self.latency = 0.0
        """Seconds by which every packet is delayed, in each direction."""
        self.cut_requests_after: int | None = None
        """Reset all once clients sent this many more bytes; that packet is lost."""
        self.cut_replies_after: int | None = None
        """The same for replies: the server did the work, the client never learns."""
        self._server = (server_host, server_port)
        self._listener: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._connections: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()

    @property
    def black_hole(self) -> bool:
        """
        True: connections are accepted and stay open, but no byte arrives any more.

        The kernel still acknowledges, so TCP's own timeouts do not fire. What was sent
        meanwhile is delivered when it ends, as after a healed network partition.
        """
        return not self._flowing.is_set()

    @black_hole.setter
    def black_hole(self, active: bool) -> None:
        if active:
            self._flowing.clear()
        else:
            self._flowing.set()

    @property
    def is_up(self) -> bool:
        """Tell whether new connections are accepted."""
        return self._listener is not None

    @property
    def open_connections(self) -> int:
        """How many clients are connected."""
        return len(self._connections)

    async def start(self) -> Self:
        """Listen; after down() on the same port as before."""
        self._listener = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = self._listener.sockets[0].getsockname()[1]
        return self

    async def down(self) -> None:
        """Refuse new connections and reset the open ones; start() ends the outage."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self.reset_all()
        await asyncio.sleep(0)

    def reset_all(self) -> None:
        """Cut every open connection with a TCP RST, as a crashed peer does."""
        for writer in tuple(self._writers):
            connection = writer.get_extra_info("socket")
            with suppress(OSError):  # closed already
                connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE
                )
            writer.transport.abort()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.down()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.accepted_connections += 1
        connection = asyncio.create_task(self._connect(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _connect(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._writers.add(writer)
        try:
            to_reader, to_writer = await asyncio.open_connection(*self._server)
        except OSError:
            writer.transport.abort()
            self._writers.discard(writer)
            return
        both = {writer, to_writer}
        self._writers |= both
        try:
            await asyncio.gather(
                self._forward(reader, to_writer, requests=True),
                self._forward(to_reader, writer, requests=False),
            )
        finally:
            self._writers -= both
            for end in both:
                end.transport.abort()

    async def _forward(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        *,
        requests: bool,
    ) -> None:
        with suppress(OSError):  # one end is gone: the other is closed, too
            while data := await source.read(65536):
                await asyncio.sleep(self.latency)
                await self._flowing.wait()
                if self._is_cut(len(data), requests=requests):
                    self.reset_all()
                    return
                target.write(data)
                await target.drain()
        target.close()

    def _is_cut(self, size: int, *, requests: bool) -> bool:
        budget = self.cut_requests_after if requests else self.cut_replies_after
        if budget is None:
            return False
        rest = budget - size if budget > size else None
        if requests:
            self.cut_requests_after = rest
        else:
            self.cut_replies_after = rest
        return rest is None
