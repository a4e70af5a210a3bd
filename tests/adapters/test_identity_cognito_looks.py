"""What is kept of a pool's answers, and for how long others wait for one."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from adapters.identity.cognito.access_tokens import AccessTokens
from adapters.identity.cognito.looks import Looks
from core import errors
from core.model import Role
from tests.adapters.cognito_world import PoolClock, reachable, service_on
from tests.contract.driving_service import newcomer
from tests.servers.cognito import CognitoServer, MadePool


@pytest.fixture
def pool() -> Iterator[MadePool]:
    server = CognitoServer().start()
    with reachable(server):
        yield server.new_pool()
    server.stop()


async def test_of_a_look_that_began_before_a_change_nothing_is_kept(
    pool: MadePool,
) -> None:
    async with service_on(pool, confirms=True) as service:
        grant = await newcomer(service)
        tokens = AccessTokens(service.pool, PoolClock(pool.server))
        token = await tokens.read(grant.access_token)
        looks = Looks(service.directory, seconds=60)

        pool.server.delay = 0.3
        early = asyncio.create_task(looks.user_of(token))
        await asyncio.sleep(0.1)
        looks.forget_user(token.sub)
        await early
        pool.server.delay = 0.0
        service.change_user(grant.user, role=Role.ADMIN)

        assert Role.ADMIN is (await looks.user_of(token)).role


async def test_all_who_wait_for_the_pools_keys_are_told_at_once_that_there_are_none(
    pool: MadePool,
) -> None:
    async with service_on(pool, confirms=True) as service:
        grant = await newcomer(service)
        tokens = AccessTokens(service.pool, PoolClock(pool.server))
        service.pool.deadline, pool.server.delay = 1.0, 2.0
        begun = time.monotonic()

        told = await asyncio.gather(
            *(tokens.read(grant.access_token) for _ in range(8)),
            return_exceptions=True,
        )
        pool.server.delay = 0.0

    assert {errors.Unavailable} == {type(it) for it in told}
    assert time.monotonic() - begun < 4  # and not eight times a second


async def test_keys_that_nobody_can_read_are_an_outage(pool: MadePool) -> None:
    async with service_on(pool, confirms=True) as service:
        grant = await newcomer(service)
        tokens = AccessTokens(service.pool, PoolClock(pool.server))
        pool.server.error = "InternalErrorException"

        with pytest.raises(errors.Unavailable):
            await tokens.read(grant.access_token)
        pool.server.error = None
