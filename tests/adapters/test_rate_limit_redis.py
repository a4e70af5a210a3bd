import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from redis.crc import key_slot

from adapters.rate_limit.redis import RedisRateLimiter
from adapters.rate_limit.redis.limiter import MOST_OF_ONE
from core.model import Attempt, Backoff, Limit, Trial
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

BACKOFF = Backoff()

BEGIN_BEFORE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function keep(key, life, index, most)
    redis.call('PEXPIRE', key, life)
    redis.call('ZADD', index, now + life, key)
    if redis.call('PTTL', index) < life then
        redis.call('PEXPIRE', index, life)
    end
    local surplus = redis.call('ZCARD', index) - most
    if surplus > 0 then
        redis.call('ZREMRANGEBYSCORE', index, '-inf', now)
        surplus = redis.call('ZCARD', index) - most
    end
    if surplus > 0 then
        local first = redis.call('ZRANGE', index, 0, surplus - 1)
        for _, other in ipairs(first) do
            redis.call('DEL', other)
        end
        redis.call('ZREMRANGEBYRANK', index, 0, surplus - 1)
    end
end
local key = redis.call('EXISTS', KEYS[1]) == 1 and KEYS[2] or KEYS[3]
local failures = redis.call('LLEN', key)
if failures > 0 then
    local latest = tonumber(redis.call('LINDEX', key, -1))
    if latest > now then
        redis.call('LSET', key, -1, now)
        latest = now
    end
    local wait = latest + ARGV[2 + math.min(failures, #ARGV - 2)] - now
    if wait > 0 then
        return wait
    end
end
redis.call('RPUSH', key, now)
redis.call('LTRIM', key, 1 - #ARGV, -1)
keep(key, tonumber(ARGV[2]), KEYS[5], tonumber(ARGV[1]))
return 0
"""
"""What 0.1 counts a trial by; it runs beside this version while replicas are replaced."""


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
    assert [1, 1, 1, 2, 2, 2, 2, 3, 3] == minutes
    assert min(lives.values()) > 0


async def test_all_keys_are_in_one_slot_of_a_cluster(own_redis: ValkeyServer) -> None:
    async with limiter_at(own_redis.url) as limiter, beside(own_redis) as redis:
        await use_all(limiter)
        keys = await keys_in(redis)

    assert 5 + 4 == len(keys)
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


async def test_failures_from_known_addresses_of_one_account_are_bounded(
    own_redis: ValkeyServer,
) -> None:
    async with limiter_at(own_redis.url) as limiter, beside(own_redis) as redis:
        await redis.flushall()
        for number in range(MOST_OF_ONE + 20):
            await known_failure(limiter, Trial("ada", f"home {number}"))
        failures = [key for key in await keys_in(redis) if b":failures:" in key]
        await limiter.forget("ada")
        left = {key.split(b":")[1] for key in await keys_in(redis)}

    assert MOST_OF_ONE == len([key for key in failures if b"index" not in key])
    assert {b"known", b"index"} == left


async def test_failures_from_known_addresses_count_among_all(
    own_redis: ValkeyServer,
) -> None:
    async with limiter_at(own_redis.url) as limiter, beside(own_redis) as redis:
        await redis.flushall()
        limiter.most = 50
        for number in range(4 * limiter.most):
            await known_failure(limiter, Trial(f"user {number}", "home"))
        kinds = Counter(key.split(b":")[1] for key in await keys_in(redis))

    assert 50 == kinds[b"known"]
    assert kinds[b"failures"] + kinds[b"account"] == limiter.most


async def test_a_proven_trial_leaves_no_way_to_its_failures(
    own_redis: ValkeyServer,
) -> None:
    async with limiter_at(own_redis.url) as limiter, beside(own_redis) as redis:
        await redis.flushall()
        await known_failure(limiter, ADA)
        await limiter.settle(ADA, Backoff(), proven=True)
        kinds = {key.split(b":")[1] for key in await keys_in(redis)}

    assert {b"known", b"index"} == kinds


async def test_the_version_before_counts_and_is_counted_beside_this_one(
    own_redis: ValkeyServer,
) -> None:
    backoff = Backoff(free=3, first=MINUTE, longest=MINUTE)
    async with limiter_at(own_redis.url) as limiter, beside(own_redis) as redis:
        await redis.flushall()

        async def begin_before(trial: Trial) -> int:
            keys = (*limiter.keys.trial(trial), *limiter.keys.trial_indexes)
            numbers = (limiter.most, 86_400_000, 0, 0, 0, 60_000)
            wait = await redis.eval(BEGIN_BEFORE, 5, *keys, *map(str, numbers))
            return int(wait)

        await known_failure(limiter, ADA, backoff)
        elsewhere = Trial(ADA.account, "elsewhere")
        for trial in (ADA, elsewhere):
            await begin_before(trial)
            await limiter.begin(trial, backoff)
            await begin_before(trial)
            await limiter.begin(trial, backoff)
            assert 0 < await begin_before(trial)
        told = await limiter.delay(ADA.account, backoff)
        await limiter.forget(ADA.account)

        assert NOTHING < told
        assert [0, 0] == [await begin_before(each) for each in (ADA, elsewhere)]


async def known_failure(
    limiter: RateLimiter, trial: Trial, backoff: Backoff = BACKOFF
) -> None:
    await limiter.begin(trial, backoff)
    await limiter.settle(trial, backoff, proven=True)
    assert NOTHING == await limiter.begin(trial, backoff)


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
