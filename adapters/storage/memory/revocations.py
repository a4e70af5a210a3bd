"""Revoked keys, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.storage.memory.tables import Tables, owned
from core.model import RevokedKey
from core.model.events import Event
from core.ports import KeyRevocations


@dataclass(frozen=True, slots=True)
class MemoryRevocations(KeyRevocations):
    tables: Tables

    async def revoke(self, key: RevokedKey, *, events: Sequence[Event]) -> bool:
        if key.kid in self.tables.revoked:
            return False
        self.tables.revoked[key.kid] = owned(key)
        self.tables.record(events)
        return True

    async def revoked(self) -> Sequence[RevokedKey]:
        return [key for _, key in sorted(self.tables.revoked.items())]
