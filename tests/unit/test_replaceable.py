import asyncio
from abc import ABCMeta, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Protocol, get_type_hints

import pytest

from adapters.storage.memory import MemoryStorage
from config.replaceable import Replaceable
from core.ports import Mailer, RateLimiter, Storage
from tests.contract.storage_records import add

REPLACED: list[ABCMeta] = [Storage, RateLimiter, Mailer]
"""The ports whose adapters are."""


class Counter(Protocol):
    @property
    @abstractmethod
    def name(self) -> str: ...

    @abstractmethod
    async def serve(self, question: str, *, politely: bool = False) -> str: ...


@dataclass(slots=True)
class Clerk(Counter):
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


def behind_the_counter(clerk: Clerk) -> Replaceable[Counter]:
    return Replaceable(Counter, clerk)  # type: ignore[type-abstract]


async def test_calls_under_way_are_answered_by_whom_they_were_made_to() -> None:
    ada, bob = Clerk("ada"), Clerk("bob")
    replaceable = behind_the_counter(ada)
    clerk = replaceable.proxy
    early = asyncio.create_task(clerk.serve("what?", politely=True))
    failing = asyncio.create_task(clerk.serve("why?"))
    await asyncio.sleep(0)

    replacing = asyncio.create_task(replaceable.replace(bob))
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
    replaceable = behind_the_counter(ada)

    await replaceable.replace(bob)

    assert ada.is_closed
    assert bob is replaceable.adapter


async def test_one_who_never_answers_is_closed_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("config.replaceable.LONGEST_CALL", 0.01)
    ada = Clerk("ada")
    replaceable = behind_the_counter(ada)
    stuck = asyncio.create_task(replaceable.proxy.serve("what?"))
    await asyncio.sleep(0)

    await replaceable.replace(Clerk("bob"))

    assert ada.is_closed
    ada.gate.set()
    with pytest.raises(ConnectionError):
        await stuck


async def test_calls_that_are_given_up_hold_nobody_in_force() -> None:
    ada = Clerk("ada")
    replaceable = behind_the_counter(ada)
    impatient = asyncio.create_task(replaceable.proxy.serve("what?"))
    await asyncio.sleep(0)
    impatient.cancel()

    await replaceable.replace(Clerk("bob"))

    assert ada.is_closed


async def test_the_parts_of_a_storage_follow_it() -> None:
    first, second = (MemoryStorage.from_url("memory://") for _ in range(2))
    replaceable: Replaceable[Storage] = Replaceable(Storage, first)  # type: ignore[type-abstract]
    users = replaceable.proxy.users
    ada = await add(replaceable.proxy)
    assert ada == await users.get(ada.id) == await first.users.get(ada.id)

    await replaceable.replace(second)

    assert await users.get(ada.id) is None
    assert ada == await first.users.get(ada.id)


async def test_what_is_no_call_is_told_as_it_is_now() -> None:
    replaceable = behind_the_counter(Clerk("ada"))
    before = replaceable.proxy.name

    await replaceable.replace(Clerk("bob"))

    assert ("ada", "bob") == (before, replaceable.proxy.name)


def test_it_has_nothing_that_the_port_has_not() -> None:
    assert not hasattr(behind_the_counter(Clerk("ada")).proxy, "is_closed")


class Bell(Protocol):
    @abstractmethod
    def ring(self) -> None: ...


class Shop(Protocol):
    @property
    @abstractmethod
    def counter(self) -> Counter | None: ...


@pytest.mark.parametrize(
    ("port", "problem"),
    [(Bell, "ring: not asynchronous"), (Shop, "counter: a part has to be a port")],
)
def test_what_could_stay_with_the_adapter_before_is_not_forwarded(
    port: ABCMeta, problem: str
) -> None:
    with pytest.raises(TypeError, match=problem):
        Replaceable(port, object())


class Echo:
    """Whatever it is asked for by a name, it has; asked, it says by which names."""

    def __init__(self, *path: str) -> None:
        self.path = path

    def __getattr__(self, name: str) -> "Echo":
        return Echo(*self.path, name)

    async def __call__(self) -> tuple[str, ...]:
        return self.path


def at(holder: object, *path: str) -> Any:  # noqa: ANN401 - any member
    return reduce(getattr, path, holder)


def members(port: ABCMeta) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield the path of each member, those of its parts too, and whether one calls it."""
    for name in port.__abstractmethods__:
        member = vars(port)[name]
        if isinstance(member, property):
            kind = get_type_hints(member.fget)["return"]
            parts = [*members(kind)] if hasattr(kind, "__abstractmethods__") else []
            yield from (((name, *path), is_call) for path, is_call in parts)
            if not parts:
                yield (name,), False
        elif not isinstance(member, classmethod):
            yield (name,), True


@pytest.mark.parametrize("port", REPLACED)
async def test_all_that_a_port_and_its_parts_declare_follows_the_adapter_in_force(
    port: ABCMeta,
) -> None:
    replaceable: Replaceable[Any] = Replaceable(port, Echo("old"))
    declared = dict(members(port))
    holders = {path: at(replaceable.proxy, *path[:-1]) for path in declared}

    await replaceable.replace(Echo("new"))

    assert ("ping",) in declared
    for path, is_call in declared.items():
        found = at(holders[path], path[-1])
        assert ("new", *path) == (await found() if is_call else found.path)


@pytest.mark.parametrize("port", REPLACED)
def test_a_port_declares_nothing_that_is_not_abstract(port: ABCMeta) -> None:
    assert port.__abstractmethods__ == {it for it in dir(port) if it[0] != "_"}
