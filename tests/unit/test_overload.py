import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from falcon import asgi, testing

from adapters.metrics.prometheus import PrometheusMetrics
from adapters.passwords.bcrypt import BcryptHasher
from core.errors import Overloaded
from core.model import Client
from entrypoints.http.around.gates import Gates
from entrypoints.http.around.overload import AdmissionControl
from entrypoints.http.declaration import ANYBODY, LOGIN, Declaration

HASHING = Declaration("log in", allows=ANYBODY, limit=LOGIN, hashes=True)
LIMITED = Declaration("ask for a mail", allows=ANYBODY, limit=LOGIN)
FREE = Declaration("look", allows=ANYBODY)
FLOODER, NEIGHBOUR, OTHER = "192.0.2.1", "192.0.2.2", "2001:db8::1"


@pytest.fixture
async def hasher() -> AsyncIterator[BcryptHasher]:
    hasher = BcryptHasher(rounds=9, max_wait=0, threads=1, metrics=PrometheusMetrics())
    yield hasher
    await hasher.aclose()


@pytest.fixture
def turnstile(hasher: BcryptHasher) -> AdmissionControl:
    return AdmissionControl(hasher)


def request(declaration: Declaration | None, address: str) -> asgi.Request:
    req = asgi.Request(testing.create_scope(), testing.ASGIRequestEventEmitter())
    req.context.declaration = declaration
    req.context.client = Client(address=address, label="")
    return req


async def passed(
    turnstile: AdmissionControl,
    declaration: Declaration | None = HASHING,
    address: str = FLOODER,
) -> None:
    req = request(declaration, address)
    await Gates([turnstile]).process_resource(req, asgi.Response(), None, {})


async def test_of_a_flood_one_gets_through_at_each_turn_in_order(
    turnstile: AdmissionControl,
) -> None:
    through: list[int] = []

    async def come(number: int) -> None:
        await passed(turnstile)
        through.append(number)

    flood = [asyncio.create_task(come(number)) for number in range(50)]
    counts = []
    while len(through) < 50:
        await asyncio.sleep(0)
        counts.append(len(through))

    assert [*range(50)] == through
    assert {0, 1} == {after - before for before, after in pairwise([0, *counts])}
    await asyncio.gather(*flood)


async def test_who_comes_from_elsewhere_waits_for_one_of_a_flood_and_not_for_all(
    turnstile: AdmissionControl,
) -> None:
    through: list[str] = []

    async def come(address: str) -> None:
        await passed(turnstile, address=address)
        through.append(address)

    flood = [asyncio.create_task(come(FLOODER)) for _ in range(200)]
    await asyncio.sleep(0)
    others = [asyncio.create_task(come(it)) for it in (NEIGHBOUR, OTHER, NEIGHBOUR)]
    await asyncio.gather(*others)

    assert 2 <= through.count(FLOODER) <= 5
    assert [NEIGHBOUR, OTHER, NEIGHBOUR] == [it for it in through if it != FLOODER]
    await asyncio.gather(*flood)


async def test_what_is_not_limited_passes_by(turnstile: AdmissionControl) -> None:
    flood = [asyncio.create_task(passed(turnstile)) for _ in range(50)]
    await asyncio.sleep(0)

    for declaration in (FREE, None):
        async with asyncio.timeout(30):
            await passed(turnstile, declaration)
        assert not flood[-1].done()

    await asyncio.gather(*flood)


async def test_who_has_gone_holds_nobody_up(turnstile: AdmissionControl) -> None:
    flood = [asyncio.create_task(passed(turnstile)) for _ in range(10)]
    await asyncio.sleep(0)

    for task in flood[::2]:
        task.cancel()

    async with asyncio.timeout(30):
        ends = await asyncio.gather(*flood, return_exceptions=True)
    assert [True, False] * 5 == [
        isinstance(end, asyncio.CancelledError) for end in ends
    ]


async def test_what_needs_a_hash_is_refused_while_there_is_no_room(
    turnstile: AdmissionControl, hasher: BcryptHasher
) -> None:
    ahead = asyncio.create_task(hasher.hash("x"))
    await asyncio.sleep(0)

    with pytest.raises(Overloaded):
        await passed(turnstile, HASHING)
    await passed(turnstile, LIMITED)

    await ahead
