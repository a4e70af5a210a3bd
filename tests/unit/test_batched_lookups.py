import asyncio
from collections.abc import Collection, Mapping

import pytest

from adapters.storage.memory.sessions import MemorySessions
from core.coalescing import MOST
from core.errors import Unavailable
from core.identity.batched_lookups import BatchedLookups
from core.model import EndReason, Identity, SessionId
from tests.unit.world import World


class SlowSessions(MemorySessions):
    """Counts the looks; each takes until the gate opens, if there is one."""

    gate: asyncio.Event | None = None
    looks = 0
    fails = False

    async def identities(
        self, session_ids: Collection[SessionId]
    ) -> Mapping[SessionId, Identity]:
        type(self).looks += 1
        found = await super().identities(session_ids)
        if self.gate is not None:
            await self.gate.wait()
        if self.fails:
            raise Unavailable
        return found


@pytest.fixture
async def slow() -> type[SlowSessions]:
    SlowSessions.gate, SlowSessions.looks, SlowSessions.fails = None, 0, False
    return SlowSessions


async def _logged_in(
    slow: type[SlowSessions],
) -> tuple[World, SessionId, BatchedLookups]:
    world = World()
    await world.newcomer()
    tables = world.storage.sessions.tables
    (session_id,) = tables.sessions
    return world, session_id, BatchedLookups(slow(tables))


async def test_many_who_ask_at_once_share_a_few_looks(
    slow: type[SlowSessions],
) -> None:
    _, session_id, identities = await _logged_in(slow)
    slow.gate = asyncio.Event()

    asking = [asyncio.create_task(identities.get(session_id)) for _ in range(200)]
    asking += [asyncio.create_task(identities.get(f"none {n}")) for n in range(200)]
    await asyncio.sleep(0)
    slow.gate.set()
    answers = await asyncio.gather(*asking)

    assert {session_id} == {each.session.id for each in answers[:200] if each}
    assert [None] * 200 == answers[200:]
    assert 1 == slow.looks


async def test_a_look_is_never_for_more_than_can_be_answered_in_time(
    slow: type[SlowSessions],
) -> None:
    _, session_id, identities = await _logged_in(slow)

    answers = await asyncio.gather(
        *(identities.get(session_id) for _ in range(3 * MOST + 1))
    )

    assert all(answers)
    assert 4 == slow.looks


async def test_an_answer_is_never_older_than_its_question(
    slow: type[SlowSessions],
) -> None:
    world, session_id, identities = await _logged_in(slow)
    slow.gate = asyncio.Event()

    early = asyncio.create_task(identities.get(session_id))
    await asyncio.sleep(0.01)
    await world.storage.sessions.end(
        session_id, at=world.clock.now(), reason=EndReason.LOGGED_OUT, events=[]
    )
    late = asyncio.create_task(identities.get(session_id))
    await asyncio.sleep(0.01)
    slow.gate.set()
    before, after = await early, await late

    assert before is not None
    assert before.session.ended_at is None
    assert after is not None
    assert after.session.ended_at is not None


async def test_who_gives_up_takes_the_answer_from_nobody(
    slow: type[SlowSessions],
) -> None:
    _, session_id, identities = await _logged_in(slow)
    slow.gate = asyncio.Event()

    first = asyncio.create_task(identities.get(session_id))
    second = asyncio.create_task(identities.get(session_id))
    await asyncio.sleep(0.01)
    first.cancel()
    slow.gate.set()

    assert await second is not None
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_failure_is_told_to_all_who_asked_and_to_nobody_later(
    slow: type[SlowSessions],
) -> None:
    _, session_id, identities = await _logged_in(slow)
    slow.fails = True

    answers = await asyncio.gather(
        *(identities.get(session_id) for _ in range(10)), return_exceptions=True
    )
    slow.fails = False

    assert 10 == sum(isinstance(answer, Unavailable) for answer in answers)
    assert await identities.get(session_id) is not None


async def test_nobody_waits_for_ever(
    slow: type[SlowSessions], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, session_id, identities = await _logged_in(slow)
    slow.gate = asyncio.Event()
    monkeypatch.setattr("core.identity.batched_lookups.PATIENCE", 0.0)

    answers = await asyncio.gather(
        *(identities.get(session_id) for _ in range(10)), return_exceptions=True
    )

    assert 10 == sum(isinstance(answer, Unavailable) for answer in answers)
    slow.gate.set()
    await asyncio.sleep(0.01)


async def test_who_asks_just_as_a_look_ends_is_answered(
    slow: type[SlowSessions],
) -> None:
    _, session_id, identities = await _logged_in(slow)

    async def ask(pause: int) -> None:
        for _ in range(20):
            assert await identities.get(session_id)
            for _ in range(pause):
                await asyncio.sleep(0)

    async with asyncio.timeout(20):
        await asyncio.gather(*(ask(number % 7) for number in range(50)))
