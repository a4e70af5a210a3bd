from asyncio import create_task
from datetime import timedelta

import pytest
from falcon import testing
from falcon.asgi import Request, Response

from adapters.metrics.prometheus import PrometheusMetrics
from adapters.rate_limit.memory import MemoryRateLimiter
from adapters.system import SystemClock
from core.errors import TooManyAttempts
from core.model import Client, Limit
from entrypoints.http.around.rate_limits import RateLimits
from entrypoints.http.declaration import ANYBODY, LOGIN, Declaration

LOG_IN = Declaration("Log in", allows=ANYBODY, limit=LOGIN)
NO_MORE = Limit("login/minute", 0, timedelta(minutes=1))


def request() -> Request:
    req = testing.create_asgi_req()
    req.context.client = Client("192.0.2.1", "")
    return req


async def test_who_is_over_a_limit_while_enough_wait_is_refused_at_once() -> None:
    limits = RateLimits(
        MemoryRateLimiter(SystemClock()),
        {LOGIN: [NO_MORE]},
        PrometheusMetrics(),
        most_waiting=2,
    )
    refused: list[int] = []

    async def ask(number: int) -> None:
        with pytest.raises(TooManyAttempts):
            await limits.enter(request(), Response(), LOG_IN)
        refused.append(number)

    for task in [create_task(ask(number)) for number in range(4)]:
        await task

    assert {2, 3} == set(refused[:2])
    assert [0, 1] == refused[2:]
