"""Limiters on a Redis, and what can come between them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from redis.asyncio import Redis

from adapters.rate_limit.redis import RedisRateLimiter
from core.model import Attempt, Backoff, Limit, Trial
from core.ports import RateLimiter
from tests.servers.chaos_proxy import ChaosProxy
from tests.servers.valkey import ValkeyServer

MINUTE = timedelta(minutes=1)
NOTHING = timedelta(0)
LIMIT = Limit("log-in", 5, MINUTE)
ADA = Trial("ada@example.com", "203.0.113.7")
HANG = 10.0
"""Seconds after which something waits for what never comes."""


@asynccontextmanager
async def limiter_at(url: str) -> AsyncIterator[RedisRateLimiter]:
    limiter = RedisRateLimiter.from_url(url)
    yield limiter
    await limiter.aclose()


@asynccontextmanager
async def troubled(
    server: ValkeyServer,
) -> AsyncIterator[tuple[ChaosProxy, RedisRateLimiter]]:
    """Yield a limiter and what can break its connections."""
    async with (
        ChaosProxy(server.host, server.port) as proxy,
        limiter_at(f"redis://{proxy.host}:{proxy.port}/0") as limiter,
    ):
        yield proxy, limiter


@asynccontextmanager
async def beside(server: ValkeyServer) -> AsyncIterator[Redis]:
    async with Redis(host=server.host, port=server.port) as client:
        yield client


async def use_all(limiter: RateLimiter) -> None:
    """Leave a key of every kind."""
    attempts = [Attempt(LIMIT, ADA.address), Attempt(LIMIT, ADA.account)]
    backoff = Backoff(memory=2 * MINUTE, trust=3 * MINUTE)
    await limiter.hit(attempts)
    await limiter.begin(ADA, backoff)
    await limiter.settle(ADA, backoff, proven=True)
    await limiter.begin(ADA, backoff)
    await limiter.begin(Trial(ADA.account, "elsewhere"), backoff)
    await limiter.delay(ADA.account, backoff)
    await limiter.forget("somebody else")
