import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextvars import copy_context
from typing import Any

import pytest

from adapters.metrics.prometheus import PrometheusMetrics
from adapters.passwords.bcrypt import BcryptHasher
from core import errors
from core.ports import CALLER

FLOODER, NEIGHBOUR, OTHER = "192.0.2.1", "192.0.2.2", "2001:db8::/64"


@pytest.fixture
async def hasher() -> AsyncIterator[BcryptHasher]:
    hasher = BcryptHasher(rounds=6, max_wait=1, threads=1, metrics=PrometheusMetrics())
    yield hasher
    await hasher.aclose()


def begin(caller: str, work: Coroutine[Any, Any, str]) -> asyncio.Task[str]:
    context = copy_context()
    context.run(CALLER.set, caller)
    return asyncio.create_task(work, context=context)


async def flood_of(hasher: BcryptHasher) -> list[asyncio.Task[str]]:
    """Begin so many that some are refused; return all."""
    calls = [begin(FLOODER, hasher.hash("x")) for _ in range(500)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert any(call.done() and call.exception() for call in calls)
    return calls


async def test_a_crowd_of_one_caller_leaves_room_for_others(
    hasher: BcryptHasher,
) -> None:
    calls = await flood_of(hasher)

    others = [begin(it, hasher.hash("x")) for it in (NEIGHBOUR, OTHER)]
    await asyncio.gather(*others)

    waiting = [call for call in calls if not call.done()]
    assert len(waiting) >= 2
    for call in waiting:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)


async def test_a_caller_is_refused_for_its_own_crowd(hasher: BcryptHasher) -> None:
    calls = await flood_of(hasher)

    refusals = [call.exception() for call in calls if call.done()]

    assert {errors.Overloaded} == {type(it) for it in refusals if it}
    await asyncio.gather(*calls, return_exceptions=True)
    assert await begin(FLOODER, hasher.hash("x"))


async def test_what_waits_is_hashed_before_the_end() -> None:
    hasher = BcryptHasher(rounds=4, max_wait=60, threads=2, metrics=PrometheusMetrics())
    calls = [begin(str(n % 3), hasher.hash("x")) for n in range(30)]
    await asyncio.sleep(0)

    await hasher.aclose()

    assert all([await call for call in calls])


async def test_figures_tell_who_waits_how_long_and_who_is_refused() -> None:
    metrics = PrometheusMetrics()
    hasher = BcryptHasher(rounds=8, max_wait=0.5, threads=1, metrics=metrics)
    figure = metrics.registry.get_sample_value

    calls = [begin(FLOODER, hasher.hash("x")) for _ in range(500)]
    await asyncio.sleep(0)
    waiting = figure("scribes_hashes_waiting")
    ends = await asyncio.gather(*calls, return_exceptions=True)
    await hasher.aclose()

    refused = sum(isinstance(end, errors.Overloaded) for end in ends)
    assert 0 < refused < 500
    assert refused == figure("scribes_hash_refusals_total")
    assert 0 < (waiting or 0) < 500 - refused
    assert 0 == figure("scribes_hashes_waiting")
    assert 500 - refused == figure("scribes_hash_wait_seconds_count")
    assert (figure("scribes_hash_wait_seconds_sum") or 0) > 0.05
