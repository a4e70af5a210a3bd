import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from redis.crc import key_slot

from adapters.rate_limit.redis import RedisRateLimiter
from core.model import Attempt, Backoff, Limit
from core.ports import RateLimiter
from tests.adapters.redis_world import (
    ADA,
    LIMIT,
    MINUTE,
    NOTHING,
    beside,
    limiter_at,
    troubled,
    use_all,
)
from tests.contract.rate_limiter import RateLimiterContract, hit
from tests.servers.existing import ExistingServer
from tests.servers.valkey import ValkeyServer, with_prefix


@pytest.fixture
def url(redis_server: ValkeyServer | ExistingServer) -> str:
    return with_prefix(redis_server.url)


async def keys_in(redis: Redis) -> list[bytes]:
    return [key for key in await redis.keys() if isinstance(key, bytes)]


class TestRedis(RateLimiterContract):
    @pytest.fixture
    async def subject(self, url: str) -> AsyncIterator[RateLimiter]:
        limiter = RedisRateLimiter.from_url(url)
        yield limiter
        await limiter.aclose()


async def test_every_key_expires_when_it_is_of_no_use(own_redis: ValkeyServer) -> None:
    async with limiter_at(own_redis.url) as limiter, beside(own_redis) as redis:
        await use_all(limiter)
        await limiter.ping()
        lives = {key: await redis.pttl(key) for key in await redis.keys()}

    minutes = sorted(round(life / 60_000) for life in lives.values())
    assert [1, 1, 1, 2, 2, 2, 3, 3] == minutes
    assert min(lives.values()) > 0


async def test_all_keys_are_in_one_slot_of_a_cluster(own_redis: ValkeyServer) -> None:
    async with limiter_at(own_redis.url) as limiter, beside(own_redis) as redis:
        await use_all(limiter)
        keys = await keys_in(redis)

    assert 5 + 3 == len(keys)
    assert {key_slot(b"scribes")} == {key_slot(key) for key in keys}


async def test_nothing_personal_is_to_be_read_in_redis(own_redis: ValkeyServer) -> None:
    async with limiter_at(own_redis.url) as limiter, beside(own_redis) as redis:
        await use_all(limiter)
        found = b"".join(
            [key + (await redis.dump(key) or b"") for key in await keys_in(redis)]
        )

    assert not [name for name in (ADA.account, ADA.address) if name.encode() in found]


async def test_an_account_that_is_attacked_for_long_takes_no_more_room(
    own_redis: ValkeyServer,
) -> None:
    backoff = Backoff(first=NOTHING, longest=NOTHING)

    async with limiter_at(own_redis.url) as limiter, beside(own_redis) as redis:
        for _ in range(200):
            assert NOTHING == await limiter.begin(ADA, backoff)
        failures, index = sorted(await keys_in(redis))
        size = await redis.llen(failures)

    assert b"index" in index
    assert size < 50


async def test_replicas_count_together(url: str) -> None:
    async with limiter_at(url) as one, limiter_at(url) as other:
        calls = [hit(limiter, LIMIT) for limiter in (one, other) for _ in range(50)]
        quotas = await asyncio.gather(*calls)
        backoff = Backoff(free=0, first=MINUTE, longest=MINUTE)
        waits = [await limiter.begin(ADA, backoff) for limiter in (one, other)]

    assert 5 == sum(quota.allowed for quota in quotas)
    assert NOTHING == waits[0] < waits[1]
    assert one.counts_together


async def test_those_with_another_prefix_count_apart(own_redis: ValkeyServer) -> None:
    once = Limit("log-in", 1, MINUTE)

    for prefix in ("one", "other"):
        async with limiter_at(f"{own_redis.url}?prefix={prefix}") as limiter:
            assert (await hit(limiter, once)).allowed


async def test_200_callers_share_50_connections(own_redis: ValkeyServer) -> None:
    limit = Limit("log-in", 120, MINUTE)

    async with troubled(own_redis) as (proxy, limiter):
        quotas = await asyncio.gather(*(hit(limiter, limit) for _ in range(200)))

    assert 120 == sum(quota.allowed for quota in quotas)
    assert proxy.accepted_connections <= 50


async def test_what_was_counted_ahead_of_a_clock_set_back_counts_from_now(
    own_redis: ValkeyServer,
) -> None:
    tomorrow = round((time.time() + 86_400) * 1000)
    once = Limit("log-in", 2, MINUTE)
    backoff = Backoff(free=0, first=MINUTE, longest=MINUTE)

    async with limiter_at(own_redis.url) as limiter, beside(own_redis) as redis:
        log = limiter.keys.attempts(Attempt(once, "ada"))
        _, _, failures = limiter.keys.trial(ADA)
        await redis.rpush(log, tomorrow - 1, tomorrow)
        await redis.rpush(failures, tomorrow)
        refusal = await hit(limiter, once)
        wait = await limiter.begin(ADA, backoff)
        times = [
            int(when)
            for key in (log, failures)
            for when in await redis.lrange(key, 0, -1)
        ]

    assert (False, MINUTE) == (refusal.allowed, refusal.reset)
    assert MINUTE == wait
    assert max(times) < tomorrow - 80_000_000
