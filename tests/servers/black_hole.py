"""A server that accepts connections and never answers what it is asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.servers import LOOPBACK

FOREVER = 3600.0


@asynccontextmanager
async def black_hole(
    greeting: bytes = b"", *, every: float = FOREVER
) -> AsyncIterator[int]:
    """Yield the port; each caller gets the greeting at once, and again ``every`` seconds."""
    greeters: set[asyncio.Task[None]] = set()

    async def greet(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(greeting)
            await asyncio.sleep(every)

    def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        greeter = asyncio.create_task(greet(writer))
        greeter.add_done_callback(lambda _: writer.transport.abort())
        greeters.add(greeter)

    listener = await asyncio.start_server(accept, LOOPBACK, 0)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        for greeter in greeters:
            greeter.cancel()
        await asyncio.gather(*greeters, return_exceptions=True)
