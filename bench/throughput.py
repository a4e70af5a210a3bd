"""
Measures what checking a token costs.

Requests a second at several paths of one process, as ratios to `/livez`, which does
nothing: what is left is the price of the token, the session and the storage.
"""

import asyncio
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.servers.service import Service

CONNECTIONS = 32
SECONDS = 4.0


@dataclass(slots=True)
class Load:
    """One kind of request, sent over and over."""

    name: str
    request: bytes
    connections: int = CONNECTIONS
    latencies: list[float] = field(default_factory=list)
    refused: int = 0

    async def run(self, port: int) -> None:
        """Send over all connections until the time is up."""
        end = time.perf_counter() + SECONDS
        await asyncio.gather(
            *(self._connection(port, end) for _ in range(self.connections))
        )

    async def _connection(self, port: int, end: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (began := time.perf_counter()) < end:
            writer.write(self.next_request())
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            body = await reader.readexactly(length)
            self.latencies.append(time.perf_counter() - began)
            self.refused += not head.startswith(b"HTTP/1.1 20")
            self.learn(body)
        writer.close()

    def next_request(self) -> bytes:
        """Return what to send now."""
        return self.request

    def learn(self, body: bytes) -> None:
        """Take from an answer what a later request needs: nothing, here."""

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / SECONDS

    def quantile(self, share: float) -> float:
        """Milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[int(share * (len(ordered) - 1))] * 1000


def request_of(method: str, path: str, body: str = "", token: str = "") -> bytes:
    """Return a request as it goes over the wire."""
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {token}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def _loads(service: Service) -> list[Load]:
    person = {
        "email": "bench@example.com",
        "username": "bench",
        "password": "SecurePass123!",
    }
    with httpx.Client(base_url=service.url) as client:
        client.post("/auth/register", json=person).raise_for_status()
        tokens = client.post("/auth/login", json=person).json()
    spent = '{"refresh_token": "' + tokens["refresh_token"] + '"}'
    return [
        Load("/livez", request_of("GET", "/livez")),
        Load("/auth/me", request_of("GET", "/auth/me", token=tokens["access_token"])),
        Load("/auth/refresh (same token)", request_of("POST", "/auth/refresh", spent)),
        Load("/livez again", request_of("GET", "/livez")),
    ]


def main() -> None:
    """Print a line a path."""
    with tempfile.TemporaryDirectory() as directory:
        service = Service(Path(directory), LOG_LEVEL="WARNING").start()
        loads = _loads(service)
        for load in loads:
            asyncio.run(load.run(service.port))
        service.stop()
    for load in loads:
        print(
            f"{load.name:28} {load.rate:8.0f}/s  {load.rate / loads[0].rate:5.2f} of"
            f" /livez  p50 {load.quantile(0.5):6.1f} ms  p99 {load.quantile(0.99):6.1f}"
            f" ms  refused {load.refused}"
        )


if __name__ == "__main__":
    main()
