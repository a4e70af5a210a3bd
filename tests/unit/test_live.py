import asyncio
from dataclasses import dataclass, field

import pytest

from adapters.storage.memory import MemoryStorage
from config.live import Live
from core.ports import Storage
from tests.contract.storage_records import add


@dataclass(slots=True)
class Clerk:
    """An adapter that answers when the gate opens."""

    name: str
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    is_closed: bool = False

    async def serve(self, question: str, *, politely: bool = False) -> str:
        await self.gate.wait()
        if self.is_closed:
            raise ConnectionError
        if question == "why?":
            raise ValueError(question)
        return f"{self.name}: {question}{', please' * politely}"

    async def aclose(self) -> None:
        self.is_closed = True


async def test_calls_under_way_are_answered_by_whom_they_were_made_to() -> None:
    ada, bob = Clerk("ada"), Clerk("bob")
    live = Live(ada)
    clerk = live.stand_in
    early = asyncio.create_task(clerk.serve("what?", politely=True))
    failing = asyncio.create_task(clerk.serve("why?"))
    await asyncio.sleep(0)

    replacing = asyncio.create_task(live.replace(bob))
    await asyncio.sleep(0)
    late = asyncio.create_task(clerk.serve("when?"))
    bob.gate.set()

    assert "bob: when?" == await late
    assert not ada.is_closed
    ada.gate.set()
    assert "ada: what?, please" == await early
    with pytest.raises(ValueError, match=r"why\?"):
        await failing
    await replacing
    assert ada.is_closed
    assert not bob.is_closed


async def test_one_whom_nobody_asks_is_closed_at_once() -> None:
    ada, bob = Clerk("ada"), Clerk("bob")
    live = Live(ada)

    await live.replace(bob)

    assert ada.is_closed
    assert bob is live.adapter


async def test_one_who_never_answers_is_closed_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("config.live.LONGEST_CALL", 0.01)
    ada = Clerk("ada")
    live = Live(ada)
    stuck = asyncio.create_task(live.stand_in.serve("what?"))
    await asyncio.sleep(0)

    await live.replace(Clerk("bob"))

    assert ada.is_closed
    ada.gate.set()
    with pytest.raises(ConnectionError):
        await stuck


async def test_calls_that_are_given_up_hold_nobody_in_force() -> None:
    ada = Clerk("ada")
    live = Live(ada)
    impatient = asyncio.create_task(live.stand_in.serve("what?"))
    await asyncio.sleep(0)
    impatient.cancel()

    await live.replace(Clerk("bob"))

    assert ada.is_closed


async def test_the_parts_of_a_storage_follow_it() -> None:
    first, second = (MemoryStorage.from_url("memory://") for _ in range(2))
    live: Live[Storage] = Live(first)
    users = live.stand_in.users
    ada = await add(live.stand_in)
    assert ada == await users.get(ada.id) == await first.users.get(ada.id)

    await live.replace(second)

    assert await users.get(ada.id) is None
    assert ada == await first.users.get(ada.id)


async def test_it_has_nothing_that_the_adapter_has_not() -> None:
    live = Live(Clerk("ada"))

    assert "ada" == live.stand_in.name
    assert not hasattr(live.stand_in, "nonsense")
