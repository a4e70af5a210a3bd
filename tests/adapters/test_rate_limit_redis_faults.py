import asyncio
import time

import pytest

from core.errors import Unavailable
from tests.adapters.redis_world import (
    HANG,
    LIMIT,
    beside,
    limiter_at,
    troubled,
    use_all,
)
from tests.contract.rate_limiter import hit
from tests.servers.valkey import ValkeyServer


async def test_a_server_that_lost_the_scripts_gets_them_again(
    own_redis: ValkeyServer,
) -> None:
    async with limiter_at(own_redis.url) as limiter, beside(own_redis) as redis:
        await use_all(limiter)
        await redis.script_flush()
        first = await hit(limiter, LIMIT)
        await redis.script_flush()
        quotas = await asyncio.gather(*(hit(limiter, LIMIT) for _ in range(20)))

    assert 4 == first.remaining
    assert 4 == sum(quota.allowed for quota in quotas)


async def test_a_call_whose_answer_was_lost_is_not_repeated(
    own_redis: ValkeyServer,
) -> None:
    async with troubled(own_redis) as (proxy, limiter):
        await limiter.ping()
        await hit(limiter, LIMIT)
        proxy.cut_replies_after = 1
        with pytest.raises(Unavailable):
            await hit(limiter, LIMIT)
        after = await hit(limiter, LIMIT)

    assert 2 == after.remaining


async def test_a_restart_is_not_noticed(own_redis: ValkeyServer) -> None:
    async with limiter_at(own_redis.url) as limiter:
        await asyncio.gather(*(hit(limiter, LIMIT) for _ in range(10)))
        own_redis.kill()
        await asyncio.to_thread(own_redis.start)

        quotas = await asyncio.gather(*(hit(limiter, LIMIT) for _ in range(10)))

    assert 5 == sum(quota.allowed for quota in quotas)


async def test_no_server_is_told_at_once(own_redis: ValkeyServer) -> None:
    async with limiter_at(own_redis.url) as limiter:
        await limiter.ping()
        own_redis.kill()

        for call in (limiter.ping, lambda: hit(limiter, LIMIT)):
            with pytest.raises(Unavailable) as away:
                await asyncio.wait_for(call(), HANG)
            assert "Connect" in away.value.reason


async def test_nobody_waits_long_for_a_server_that_does_not_answer(
    own_redis: ValkeyServer,
) -> None:
    async with troubled(own_redis) as (proxy, limiter):
        proxy.black_hole = True
        async with asyncio.timeout(HANG):
            outcomes = await asyncio.gather(
                *(hit(limiter, LIMIT) for _ in range(1000)), return_exceptions=True
            )
            asked = proxy.accepted_connections
            with pytest.raises(Unavailable):
                await limiter.ping()

    assert [Unavailable] * 1000 == [type(outcome) for outcome in outcomes]
    # The others did not even try, or they would wait one after another.
    assert asked <= 50


@pytest.mark.parametrize("trouble", ["CONFIG SET maxmemory 1", "REPLICAOF 127.0.0.1 1"])
async def test_a_server_that_takes_no_writes_is_as_good_as_none(
    own_redis: ValkeyServer, trouble: str
) -> None:
    async with limiter_at(own_redis.url) as limiter:
        await limiter.ping()
        own_redis.ask(trouble)

        for call in (limiter.ping, lambda: hit(limiter, LIMIT)):
            with pytest.raises(Unavailable):
                await call()


async def test_a_slow_server_does_not_pass_for_one_that_answers(
    own_redis: ValkeyServer,
) -> None:
    async with troubled(own_redis) as (proxy, limiter):
        await limiter.ping()
        proxy.latency = 0.3
        for call in (limiter.ping, lambda: hit(limiter, LIMIT)):
            with pytest.raises(Unavailable) as slow:
                await call()
            assert "100 milliseconds" in slow.value.reason
        proxy.latency = 0
        await limiter.ping()


async def test_a_late_answer_is_nobody_elses(own_redis: ValkeyServer) -> None:
    async with troubled(own_redis) as (proxy, limiter):
        await asyncio.gather(*(hit(limiter, LIMIT, "early") for _ in range(60)))
        proxy.black_hole = True
        late = [hit(limiter, LIMIT, "late") for _ in range(20)]
        await asyncio.gather(*late, return_exceptions=True)
        proxy.black_hole = False

        quotas = [await hit(limiter, LIMIT, f"user {n}") for n in range(60)]

    assert {4} == {quota.remaining for quota in quotas}


async def test_who_gives_up_waiting_leaves_the_connections_usable(
    own_redis: ValkeyServer,
) -> None:
    async with limiter_at(own_redis.url) as limiter:
        calls = [asyncio.create_task(hit(limiter, LIMIT)) for _ in range(300)]
        for step in range(20):
            await asyncio.sleep(0)
            for call in calls[step::20]:
                call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

        quotas = [await hit(limiter, LIMIT, f"user {n}") for n in range(100)]

    assert {4} == {quota.remaining for quota in quotas}


async def test_a_process_that_is_busy_does_not_blame_the_server(
    own_redis: ValkeyServer,
) -> None:
    async with limiter_at(own_redis.url) as limiter:
        await limiter.ping()
        call = asyncio.create_task(hit(limiter, LIMIT))
        await asyncio.sleep(0)
        time.sleep(0.5)  # noqa: ASYNC251 - this is the trouble

        assert (await call).allowed
