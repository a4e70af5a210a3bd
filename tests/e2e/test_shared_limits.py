import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    ExitStack,
    asynccontextmanager,
)
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import TypeAlias

import httpx
import pytest

from tests.servers.chaos_proxy import ChaosProxy
from tests.servers.existing import ExistingServer
from tests.servers.service import Service, wait_for
from tests.servers.valkey import ValkeyServer, with_prefix

QUOTA = 5
"""Log-ins a minute from one address."""

WINDOW = 60.0
PATIENCE = 30.0
"""Seconds after which something waits for what never comes."""

SETTINGS = {
    "DATABASE_URL": "memory://",
    "RATE_LIMIT_ENABLED": "true",
    "TRUSTED_PROXIES": "127.0.0.1/32",
    "HASH_MAX_WAIT_SECONDS": "60",  # for a slow machine: who passes must not be a 503
}


@dataclass(slots=True)
class Crowd:
    """Clients at many addresses; what they were answered, by address and status."""

    replicas: Sequence[httpx.AsyncClient]
    answered: Counter[tuple[str, int]] = field(default_factory=Counter)
    began: float = field(default_factory=time.monotonic)
    sent: int = 0

    async def log_in(self, address: str) -> None:
        number, self.sent = self.sent, self.sent + 1
        # Of an account that nobody has: whoever passes the limits gets a 401.
        body = {"email": f"user{number}@example.com", "password": "wrong"}
        replica = self.replicas[number % len(self.replicas)]
        told = {"X-Forwarded-For": address}
        answer = await replica.post("/auth/login", json=body, headers=told)
        self.answered[address, answer.status_code] += 1

    async def passed_of(self, addresses: Sequence[str]) -> list[int]:
        """Return how many passed the limits at each address; the others were told so."""
        assert time.monotonic() - self.began < WINDOW, "the machine is too slow to tell"
        assert {401, 429} >= {status for _, status in self.answered}
        return [self.answered[address, 401] for address in addresses]


def addresses(count: int, net: int) -> list[str]:
    return [f"198.51.{net}.{host}" for host in range(1, count + 1)]


@asynccontextmanager
async def crowd_at(*services: Service) -> AsyncIterator[Crowd]:
    async with AsyncExitStack() as clients:
        opened = [await clients.enter_async_context(each.crowd()) for each in services]
        yield Crowd(opened)


@pytest.fixture(scope="module")
def replicas(
    tmp_path_factory: pytest.TempPathFactory,
    redis_server: ValkeyServer | ExistingServer,
) -> Iterator[list[Service]]:
    url = with_prefix(redis_server.url)
    with ExitStack() as running:
        yield [
            running.enter_context(
                Service(tmp_path_factory.mktemp("replica"), **SETTINGS, REDIS_URL=url)
            )
            for _ in range(2)
        ]


async def test_of_500_log_ins_from_one_address_5_pass(replicas: list[Service]) -> None:
    (address,) = addresses(1, net=1)

    async with crowd_at(*replicas) as crowd:
        await side_by_side((crowd.log_in(address) for _ in range(500)), at_once=100)

        assert [QUOTA] == await crowd.passed_of([address])
    assert [redis_of(replica) for replica in replicas] == ["connected"] * 2


async def test_of_log_ins_from_50_addresses_5_each_pass(
    replicas: list[Service],
) -> None:
    everybody = addresses(50, net=2)

    async with crowd_at(*replicas) as crowd:
        log_ins = map(crowd.log_in, islice(cycle(everybody), 500))
        await side_by_side(log_ins, at_once=100)

        assert [QUOTA] * 50 == await crowd.passed_of(everybody)
    assert [redis_of(replica) for replica in replicas] == ["connected"] * 2


@dataclass(frozen=True, slots=True)
class Outside:
    """A service, its Redis, and what is between them."""

    service: Service
    redis: ValkeyServer
    proxy: ChaosProxy


@pytest.fixture
async def outside(own_redis: ValkeyServer, tmp_path: Path) -> AsyncIterator[Outside]:
    async with ChaosProxy(own_redis.host, own_redis.port) as proxy:
        url = f"redis://{proxy.host}:{proxy.port}/0"
        service = Service(tmp_path, **SETTINGS, REDIS_URL=url)
        await asyncio.to_thread(service.start)
        yield Outside(service, own_redis, proxy)
        await asyncio.to_thread(service.stop)


Outage: TypeAlias = Callable[[Outside], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def killed(outside: Outside) -> AsyncIterator[None]:
    outside.redis.kill()
    yield
    await asyncio.to_thread(outside.redis.start)


@asynccontextmanager
async def black_holed(outside: Outside) -> AsyncIterator[None]:
    outside.proxy.black_hole = True
    yield
    outside.proxy.black_hole = False


@asynccontextmanager
async def slowed(outside: Outside) -> AsyncIterator[None]:
    outside.proxy.latency = 0.3
    yield
    outside.proxy.latency = 0


async def is_back(service: Service) -> None:
    await asyncio.to_thread(wait_for, lambda: is_connected(service), "Redis")


@pytest.mark.parametrize("outage", [killed, black_holed, slowed])
async def test_an_outage_of_redis_lets_nobody_in_or_out(
    outside: Outside, outage: Outage
) -> None:
    service, everybody = outside.service, addresses(10, net=3)

    async with crowd_at(service) as crowd:
        log_ins = map(crowd.log_in, islice(cycle(everybody), 300))
        before = [redis_of(service)]
        await side_by_side(islice(log_ins, 50))
        async with outage(outside):
            await side_by_side(islice(log_ins, 50))
            during = health_of(service), ready(service)
            await side_by_side(islice(log_ins, 50))
        await asyncio.gather(is_back(service), side_by_side(islice(log_ins, 100)))
        await side_by_side(log_ins)
        # A busy machine may have lost it once more, which is told and made good, too.
        await is_back(service)

        passed = await crowd.passed_of(everybody)

    assert ["connected"] == before
    assert (("degraded", "disconnected"), (200, "degraded")) == during
    assert 300 == sum(crowd.answered.values())
    assert {QUOTA} == {*passed}
    lost, found = map(service.output.count, ("Redis does not answer", "replicas again"))
    assert 1 <= lost == found
    assert "Traceback" not in service.output


async def test_a_service_starts_without_redis_and_finds_it(tmp_path: Path) -> None:
    redis = ValkeyServer()
    try:
        with Service(tmp_path, **SETTINGS, REDIS_URL=redis.url) as service:
            without = health_of(service), ready(service)
            await asyncio.to_thread(redis.start)
            await asyncio.to_thread(wait_for, lambda: is_connected(service), "Redis")
            found = health_of(service), ready(service)
    finally:
        redis.stop()

    assert (("degraded", "disconnected"), (200, "degraded")) == without
    assert (("healthy", "connected"), (200, "ready")) == found


async def side_by_side(
    requests: Iterator[Awaitable[None]], *, at_once: int = 5
) -> None:
    """Make requests, few at once where the proxy shares this loop: slow is away, too."""

    async def one_by_one() -> None:
        for request in requests:
            await request

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(one_by_one() for _ in range(at_once)))


def health_of(service: Service) -> tuple[str, str]:
    with service.client() as client:
        health = client.get("/health").raise_for_status().json()
    assert "connected" == health["database"]
    return health["status"], health["redis"]


def redis_of(service: Service) -> str:
    return health_of(service)[1]


def is_connected(service: Service) -> bool:
    return "connected" == redis_of(service)


def ready(service: Service) -> tuple[int, str]:
    with service.client() as client:
        answer = client.get("/readyz")
    return answer.status_code, answer.json()["status"]
