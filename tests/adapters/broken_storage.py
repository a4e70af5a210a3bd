"""Storages that are wrong on purpose, each in one way, and the laws that tell."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, TypeVar

from adapters.storage.memory import MemoryStorage
from adapters.storage.memory.archive import MemoryArchive
from adapters.storage.memory.events import MemoryEvents
from adapters.storage.memory.revocations import MemoryRevocations
from adapters.storage.memory.sessions import MemorySessions
from adapters.storage.memory.tables import Tables
from adapters.storage.memory.tokens import MemoryTokens
from adapters.storage.memory.users import MemoryUsers

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


@asynccontextmanager
async def storage_with(fault: type) -> AsyncIterator[MemoryStorage]:
    yield storage_of(fault)


def storage_of(fault: type) -> MemoryStorage:
    """Return an empty storage with a faulty part, or one that is faulty itself."""

    def chosen(part: type[Part]) -> type[Part]:
        return fault if issubclass(fault, part) else part

    tables = Tables()
    return chosen(MemoryStorage)(
        chosen(MemoryUsers)(tables),
        chosen(MemorySessions)(tables),
        chosen(MemoryTokens)(tables),
        chosen(MemoryEvents)(tables),
        chosen(MemoryRevocations)(tables),
        chosen(MemoryArchive)(tables),
    )
