"""Faults of revoked keys."""

from asyncio import sleep
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from adapters.storage.memory import MemoryStorage
from adapters.storage.memory.archive import MemoryArchive
from adapters.storage.memory.revocations import MemoryRevocations
from core.model import RecordKind, RevokedKey
from core.model.events import Event
from core.ports import Record
from tests.adapters.broken_storage import Rest, breaks


@breaks(
    "of many who revoke a key one does",
    "revoking again changes nothing",
    "what is written to the archive works",
)
class RevokesAgain(MemoryRevocations):
    async def revoke(self, key: RevokedKey, **rest: Rest) -> bool:
        self.tables.revoked.pop(key.kid, None)
        return await super().revoke(key, **rest)


@breaks("of many who revoke a key one does")
class LooksFirst(MemoryRevocations):
    async def revoke(self, key: RevokedKey, **rest: Rest) -> bool:
        there = key.kid in self.tables.revoked
        await sleep(0)
        if there:
            return False
        self.tables.revoked.pop(key.kid, None)
        return await super().revoke(key, **rest)


@breaks("keys revoked at once are all revoked")
class ForgetsWhatOthersRevokeMeanwhile(MemoryRevocations):
    async def revoke(self, key: RevokedKey, **rest: Rest) -> bool:
        known = dict(self.tables.revoked)
        is_new = await super().revoke(key, **rest)
        await sleep(0)
        own = {key.kid: self.tables.revoked[key.kid]} if is_new else {}
        self.tables.revoked = known | own if is_new else self.tables.revoked
        return is_new


@breaks("a revocation stores its events", "of many who revoke a key one does")
class TellsNobody(MemoryRevocations):
    async def revoke(self, key: RevokedKey, *, events: Sequence[Event]) -> bool:
        return await super().revoke(key, events=events[:0])


@breaks("of many who revoke a key one does", "revoking again changes nothing")
class TellsEveryTime(MemoryRevocations):
    async def revoke(self, key: RevokedKey, *, events: Sequence[Event]) -> bool:
        self.tables.record(events)
        return await super().revoke(key, events=[])


@breaks(
    "a revoked key is told with its time",
    "revoked keys are told by kid character by character",
)
class TellsTheLatestLast(MemoryRevocations):
    async def revoked(self) -> Sequence[RevokedKey]:
        return list(self.tables.revoked.values())


@breaks("revoked keys are told by kid character by character")
class SortsAsPeopleDo(MemoryRevocations):
    async def revoked(self) -> Sequence[RevokedKey]:
        return sorted(await super().revoked(), key=lambda key: key.kid.casefold())


@breaks("any kid comes back unchanged")
class CutsKids(MemoryRevocations):
    async def revoke(self, key: RevokedKey, **rest: Rest) -> bool:
        return await super().revoke(replace(key, kid=key.kid[:255]), **rest)


@breaks("the time of a revocation is utc")
class KeepsTheOffset(MemoryRevocations):
    async def revoke(self, key: RevokedKey, **rest: Rest) -> bool:
        is_new = await super().revoke(key, **rest)
        if is_new:
            self.tables.revoked[key.kid] = key
        return is_new


@breaks("revocations are never purged")
class PurgesRevocations(MemoryStorage):
    async def purge(self, *, at: datetime, **rest: Rest) -> int:
        revoked = self.archive.tables.revoked
        for key in [key for key in revoked.values() if key.at < at]:
            del revoked[key.kid]
        return await super().purge(at=at, **rest)


@breaks(
    "reading the archive goes on from behind a cursor",
    "the archive counts each kind",
    "the archives order is by id and of events by storing",
    "times in the archive are utc",
    "what is written to the archive comes back",
    "what is written to the archive works",
    "writing users and log ins again replaces them",
)
class LeavesRevocationsBehind(MemoryArchive):
    async def write(self, kind: RecordKind, records: Sequence[Record]) -> None:
        if kind is not RecordKind.REVOCATIONS:
            await super().write(kind, records)
