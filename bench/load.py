"""
The load generator of all measurements: keep-alive connections on a port of the loopback.

In a closed loop each client asks again as soon as it is answered: that tells how much a
server can do. In an open one requests are due at a steady pace, whether answers come or
not, and what one took counts from when it was due: only that tells how long people wait.
"""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, cast

import uvloop

from tests.servers import LOOPBACK

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
WARM_UP = 0.5
"""Seconds of a closed loop that do not count."""

REFUSED = 300
"""From this status on."""

PATIENCE = 30.0
"""Seconds that the last answers may take."""


class Client(Protocol):
    """Somebody who asks, one request at a time."""

    def request(self) -> bytes:
        """Return what to send now."""

    def learn(self, body: bytes) -> None:
        """Take from a good answer what a later request needs."""


@dataclass(slots=True)
class Answers:
    """What came back: each took so many seconds."""

    seconds: float
    """For how long was asked."""

    took: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return (len(self.took) - self.refused) / self.seconds

    @property
    def refused(self) -> int:
        return sum(number for it, number in self.statuses.items() if it >= REFUSED)

    def quantile(self, share: float) -> float:
        """Milliseconds; 0 if nothing came."""
        ordered = sorted(self.took) or [0]
        return ordered[int(share * (len(ordered) - 1))] * 1000


def closed(port: int, clients: Sequence[Client], seconds: float) -> Answers:
    """Let each client ask on a connection of its own, again as soon as it is answered."""
    return uvloop.run(_closed(port, clients, seconds))


def opened(
    port: int, clients: Sequence[Client], seconds: float, rate: float
) -> Answers:
    """Let the clients, in turn, ask so many times a second, on as many connections as it takes."""
    return uvloop.run(_opened(port, clients, seconds, rate))


async def _closed(port: int, clients: Sequence[Client], seconds: float) -> Answers:
    answers = Answers(seconds)
    begin = time.perf_counter() + WARM_UP
    connections = [await Connection.to(port) for _ in clients]

    async def ask(client: Client, connection: Connection) -> None:
        while (sent := time.perf_counter()) < begin + seconds:
            status, body = await connection.ask(client.request())
            now = time.perf_counter()
            if status < REFUSED:
                client.learn(body)
            if sent >= begin:
                answers.took.append(now - sent)
                answers.statuses[status] += 1

    await asyncio.gather(*map(ask, clients, connections))
    _close(connections)
    return answers


async def _opened(
    port: int, clients: Sequence[Client], seconds: float, rate: float
) -> Answers:
    answers = Answers(seconds)
    idle: list[Connection] = []
    connections: list[Connection] = []

    async def another() -> Connection:
        connections.append(connection := await Connection.to(port))
        return connection

    async def ask(client: Client, due: float) -> None:
        connection = idle.pop() if idle else await another()
        status, body = await connection.ask(client.request())
        answers.took.append(time.perf_counter() - due)
        answers.statuses[status] += 1
        if status < REFUSED:
            client.learn(body)
        idle.append(connection)

    begin = time.perf_counter()
    async with asyncio.timeout(seconds + PATIENCE), asyncio.TaskGroup() as tasks:
        for number in range(int(seconds * rate)):
            due = begin + number / rate
            await asyncio.sleep(due - time.perf_counter())
            tasks.create_task(ask(clients[number % len(clients)], due))
    _close(connections)
    return answers


class Connection(asyncio.Protocol):
    """One to a server that says how long its answers are."""

    _transport: asyncio.Transport

    def __init__(self) -> None:
        self._received = b""
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    @classmethod
    async def to(cls, port: int) -> "Connection":
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(cls, LOOPBACK, port)
        return connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's is none by its class.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, is_whole, body = self._received.partition(b"\r\n\r\n")
        length = LENGTH.search(head) if is_whole else None
        if length and self._answer and len(body) >= int(length[1]):
            self._received = b""
            self._answer.set_result((int(head[9:12]), body))

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(error or ConnectionResetError("closed"))

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        self._transport.close()


def _close(connections: Iterable[Connection]) -> None:
    for connection in connections:
        connection.close()
