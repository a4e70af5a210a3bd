"""TLS before a server that has none: what managed ones do for their clients."""

import asyncio
import ssl
import threading
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from types import TracebackType
from typing import Self

from tests.servers import LOOPBACK


class TlsFront:
    """Listens with a certificate, and passes on to a port of this machine in clear."""

    def __init__(self, port: int, certificate: ssl.SSLContext) -> None:
        self.port = 0
        self._behind = port
        self._certificate = certificate
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        listening = asyncio.run_coroutine_threadsafe(self._listen(), self._loop)
        self.port = listening.result(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _listen(self) -> int:
        self._listener = await asyncio.start_server(
            self._forward, LOOPBACK, 0, ssl=self._certificate
        )
        return int(self._listener.sockets[0].getsockname()[1])

    async def _end(self) -> None:
        self._listener.close()
        here = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not here]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _forward(self, reader: StreamReader, writer: StreamWriter) -> None:
        from_it, to_it = await asyncio.open_connection(LOOPBACK, self._behind)
        try:
            await asyncio.gather(_pass_on(reader, to_it), _pass_on(from_it, writer))
        finally:
            writer.close()
            to_it.close()


async def _pass_on(source: StreamReader, target: StreamWriter) -> None:
    with suppress(ConnectionError):  # either end may be gone
        while data := await source.read(65536):
            target.write(data)
    target.close()
