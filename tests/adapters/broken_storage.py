"""Storages that are wrong on purpose, each in one way, and the laws that tell."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, TypeVar

from adapters.storage.memory import MemoryStorage
from adapters.storage.memory.archive import MemoryArchive
from adapters.storage.memory.events import MemoryEvents
from adapters.storage.memory.revocations import MemoryRevocations
from adapters.storage.memory.sessions import MemorySessions
from adapters.storage.memory.statistics import MemoryStatistics
from adapters.storage.memory.tables import Tables
from adapters.storage.memory.tokens import MemoryTokens
from adapters.storage.memory.users import MemoryUsers
from tests.contract.base import Contract

Fault = TypeVar("Fault", bound=type)
Part = TypeVar("Part")

Rest: TypeAlias = Any
"""The arguments that a fault only passes on."""

BROKEN: dict[type, set[str]] = {}
"""Faulty parts of a storage, or faulty storages, and the laws that each breaks."""


def breaks(*laws: str) -> Callable[[Fault], Fault]:
    """Mark a fault with the laws it breaks, and no others."""

    def mark(fault: Fault) -> Fault:
        BROKEN[fault] = {"test_" + law.replace(" ", "_") for law in laws}
        return fault

    return mark


Use: TypeAlias = tuple[type, str]
"""Of a part of a storage, and what of it."""

PARTS = (
    MemoryStorage,
    MemoryUsers,
    MemorySessions,
    MemoryTokens,
    MemoryEvents,
    MemoryRevocations,
    MemoryStatistics,
    MemoryArchive,
)


@asynccontextmanager
async def storage_with(fault: type) -> AsyncIterator[MemoryStorage]:
    yield storage_of(fault)


def storage_of(*odd: type) -> MemoryStorage:
    """Return an empty storage with faulty parts, or one that is faulty itself."""

    def chosen(part: type[Part]) -> type[Part]:
        return next((it for it in odd if issubclass(it, part)), part)

    tables = Tables()
    return chosen(MemoryStorage)(
        chosen(MemoryUsers)(tables),
        chosen(MemorySessions)(tables),
        chosen(MemoryTokens)(tables),
        chosen(MemoryEvents)(tables),
        chosen(MemoryRevocations)(tables),
        chosen(MemoryStatistics)(tables),
        chosen(MemoryArchive)(tables),
    )


def changed_by(fault: type) -> set[Use]:
    """Return what of a storage is not as it should be with this fault."""
    (part,) = (it for it in PARTS if issubclass(fault, it))
    own = fault.__mro__[: fault.__mro__.index(part)]
    return {(part, name) for each in own for name in vars(each)}


async def used_by(contract: type[Contract]) -> dict[str, set[Use]]:
    """Return what each law uses of a storage that is sound."""
    used: dict[str, set[Use]] = {}
    for law in contract.laws():
        used[law] = set()
        watched = [_watched(part, used[law]) for part in PARTS]
        await getattr(contract(), law)(storage_of(*watched))
    return used


def _watched(part: type, used: set[Use]) -> type:
    def noted(self: object, name: str) -> object:
        used.add((part, name))
        return object.__getattribute__(self, name)

    return type(part.__name__, (part,), {"__getattribute__": noted})
