"""Many connections of one address that log in as fast as they are answered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field

from tests.servers import LOOPBACK

SIZE = 1100
ADDRESS = "127.0.0.2"
BODY = '{"email": "nobody@example.com", "password": "x"}'
LOG_IN = (
    "POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    f"Content-Length: {len(BODY)}\r\n\r\n{BODY}"
).encode()


async def next_status(reader: asyncio.StreamReader) -> int:
    """Read one response; return its status."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().split(b"content-length: ")[1].split()[0]
    await reader.readexactly(int(length))
    return int(head.split()[1])


@dataclass
class Crowd:
    """``statuses`` are those of all answers; ``is_busy`` is set once there are many."""

    port: int
    statuses: list[int] = field(default_factory=list)
    is_busy: asyncio.Event = field(default_factory=asyncio.Event)

    async def log_in_again_and_again(self) -> None:
        while True:
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._log_in_until_hung_up_on()
            await asyncio.sleep(0.1)

    async def _log_in_until_hung_up_on(self) -> None:
        reader, writer = await asyncio.open_connection(
            LOOPBACK, self.port, local_addr=(ADDRESS, 0)
        )
        with closing(writer):
            while True:
                writer.write(LOG_IN)
                self.statuses.append(await next_status(reader))
                if len(self.statuses) >= SIZE:
                    self.is_busy.set()


@asynccontextmanager
async def crowd(port: int) -> AsyncIterator[list[int]]:
    """Let them log in, and yield what they were answered once those are many."""
    them = Crowd(port)
    flooding = asyncio.gather(*(them.log_in_again_and_again() for _ in range(SIZE)))
    try:
        await them.is_busy.wait()
        yield them.statuses
    finally:
        flooding.cancel()
        with suppress(asyncio.CancelledError):
            await flooding
        await asyncio.sleep(0)  # closed connections are let go of at the next turn
