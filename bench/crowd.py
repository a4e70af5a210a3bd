"""
Measures what one address that is over its limit costs the log-ins of everybody else.

1,100 keep-alive connections of one address log in as fast as they are answered, while others,
each from an address of its own, log in at a steady pace; before that they do so by themselves.
Everything is at its default. Whoever floods is a process of its own; so it takes a core, too.
"""

import asyncio
import multiprocessing
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path

from bench.subjects import posted
from tests.http.api import Api, Person
from tests.http.crowd import crowd, next_status
from tests.servers.service import Service

LOG_INS = 60
PACE = 1.0
"""Log-ins a second, of which two cores can hash six."""


def _flood(port: int) -> None:
    async def flood() -> None:
        async with crowd(port):
            await asyncio.Event().wait()

    asyncio.run(flood())


async def _log_in(port: int, request: bytes, number: int) -> tuple[int, float]:
    began = time.perf_counter()
    address = f"127.0.{1 + number // 200}.{1 + number % 200}"
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, local_addr=(address, 0)
    )
    writer.write(request)
    status = await next_status(reader)
    writer.close()
    return status, time.perf_counter() - began


async def _log_ins(port: int, request: bytes, first: int) -> list[tuple[int, float]]:
    tasks = []
    for number in range(LOG_INS):
        tasks.append(asyncio.create_task(_log_in(port, request, first + number)))
        await asyncio.sleep(1 / PACE)
    return await asyncio.gather(*tasks)


def _show(name: str, log_ins: list[tuple[int, float]]) -> float:
    took = sorted(seconds * 1000 for _, seconds in log_ins)
    p99 = took[int(0.99 * (len(took) - 1))]
    statuses = dict(Counter(status for status, _ in log_ins))
    print(
        f"{name:6} p50 {statistics.median(took):6.0f} ms  p99 {p99:6.0f} ms {statuses}"
    )
    return p99


def main() -> None:
    """Print a line for each half, and their ratio."""
    person = Person.new()
    with tempfile.TemporaryDirectory() as directory:
        settings = {"BCRYPT_ROUNDS": "12", "RATE_LIMIT_ENABLED": "true"}
        service = Service(Path(directory), **settings).start()
        with service.client() as client:
            Api(client).register(person).raise_for_status()
        known = {"email": person.email, "password": person.password}
        request = posted("/auth/login", known)
        quiet = _show("quiet", asyncio.run(_log_ins(service.port, request, 0)))
        flood = multiprocessing.get_context("spawn").Process(
            target=_flood, args=[service.port]
        )
        flood.start()
        time.sleep(5)
        crowded = _show("crowd", asyncio.run(_log_ins(service.port, request, LOG_INS)))
        flood.terminate()
        flood.join()
        service.stop()
    print(f"p99 crowd/quiet {crowded / quiet:.1f}")


if __name__ == "__main__":
    main()
