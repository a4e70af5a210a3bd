"""Storage in plain dictionaries: for tests and demonstrations; gone with the process."""

from dataclasses import dataclass
from typing import Self

from adapters.storage.memory.events import MemoryEvents
from adapters.storage.memory.sessions import MemorySessions
from adapters.storage.memory.tables import Tables
from adapters.storage.memory.tokens import MemoryTokens
from adapters.storage.memory.users import MemoryUsers
from core.errors import BadConfiguration
from core.ports import Storage


@dataclass(frozen=True, slots=True)
class MemoryStorage(Storage):
    users: MemoryUsers
    sessions: MemorySessions
    tokens: MemoryTokens
    events: MemoryEvents

    @classmethod
    def from_url(cls, url: str) -> Self:
        if url != "memory://":
            raise BadConfiguration([f"{url}: nothing may follow memory://"])
        tables = Tables()
        return cls(
            MemoryUsers(tables),
            MemorySessions(tables),
            MemoryTokens(tables),
            MemoryEvents(tables),
        )

    async def open(self) -> None:
        """Nothing to do."""

    async def ping(self) -> None:
        """Nothing can be wrong."""

    async def aclose(self) -> None:
        """Nothing to let go of."""
