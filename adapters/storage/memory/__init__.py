"""Storage in plain dictionaries: for tests and demonstrations; gone with the process."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from adapters.storage.memory.archive import MemoryArchive
from adapters.storage.memory.events import MemoryEvents
from adapters.storage.memory.purging import purge
from adapters.storage.memory.revocations import MemoryRevocations
from adapters.storage.memory.sessions import MemorySessions
from adapters.storage.memory.statistics import MemoryStatistics
from adapters.storage.memory.tables import Tables
from adapters.storage.memory.tokens import MemoryTokens
from adapters.storage.memory.users import MemoryUsers
from core.errors import BadConfiguration, NothingStored
from core.ports import Storage


@dataclass(frozen=True, slots=True)
class MemoryStorage(Storage):
    users: MemoryUsers
    sessions: MemorySessions
    tokens: MemoryTokens
    events: MemoryEvents
    revocations: MemoryRevocations
    statistics: MemoryStatistics
    archive: MemoryArchive

    @classmethod
    def from_url(cls, url: str) -> Self:
        if url != "memory://":
            raise BadConfiguration(["nothing may follow memory://"])
        tables = Tables()
        return cls(
            MemoryUsers(tables),
            MemorySessions(tables),
            MemoryTokens(tables),
            MemoryEvents(tables),
            MemoryRevocations(tables),
            MemoryStatistics(tables),
            MemoryArchive(tables),
        )

    async def open(self, *, create: bool = True) -> None:
        if not create:
            raise NothingStored(["memory: what another process stores is its own"])

    async def pending(self) -> Sequence[str]:
        return ()

    async def migrate(self) -> Sequence[str]:
        return ()

    async def ping(self) -> None:
        """Nothing can be wrong."""

    async def missing_rights(self) -> Sequence[str]:
        return ()

    async def purge(
        self, *, at: datetime, keep_events_since: datetime, limit: int
    ) -> int:
        return purge(
            self.archive.tables,
            at=at,
            keep_events_since=keep_events_since,
            limit=limit,
        )

    async def aclose(self) -> None:
        """Nothing to let go of."""
