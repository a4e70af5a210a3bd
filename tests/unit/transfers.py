"""Storages that watch what a transfer does, and can end it anywhere."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from adapters.storage.memory import MemoryStorage
from adapters.storage.memory.archive import MemoryArchive
from core.model import RecordKind, RevokedKey, Tally, TallyKind
from core.model.events import EventKind
from core.operations.transfer import PAGE, Transfer
from core.ports import Record, Storage
from tests.contract.storage_records import (
    HASH,
    MINUTE,
    NOW,
    a_token,
    add,
    an_event,
    end,
    issue,
    log_in,
)

BATCH = 2


class Killed(Exception):
    """What ends a transfer, wherever it is."""


@dataclass(frozen=True)
class WatchedArchive(MemoryArchive):
    """Remembers what it is asked; what is put into its lists happens once."""

    written: list[Record] = field(default_factory=list)
    limits: set[int] = field(default_factory=set)
    killed_before: list[int] = field(default_factory=list)
    """The next write that does not come to pass, counted from 0, and those behind it."""
    killed_after: list[int] = field(default_factory=list)
    before_the_digest: list[Awaitable[None]] = field(default_factory=list)

    async def read(
        self, kind: RecordKind, *, after: str | None, limit: int
    ) -> Sequence[tuple[str, Record]]:
        self.limits.add(limit)
        if limit == PAGE and self.before_the_digest:
            await self.before_the_digest.pop()
        return await super().read(kind, after=after, limit=limit)

    async def write(self, kind: RecordKind, records: Sequence[Record]) -> None:
        count_down(self.killed_before)
        await super().write(kind, records)
        self.written.extend(records)
        count_down(self.killed_after)


def count_down(deaths: list[int]) -> None:
    if deaths and deaths[0] == 0:
        del deaths[0]
        raise Killed
    deaths[:1] = [left - 1 for left in deaths[:1]]


@dataclass(frozen=True, slots=True)
class Steps:
    """Progress as it was told."""

    told: list[tuple[RecordKind, int, int]] = field(default_factory=list)

    def __call__(self, kind: RecordKind, done: int, total: int) -> None:
        self.told.append((kind, done, total))


async def transfer(
    source: Storage, target: Storage, batch: int = BATCH
) -> Mapping[RecordKind, str]:
    return await Transfer(source, target, batch).run(Steps())


async def a_full_storage() -> MemoryStorage:
    storage = watched(MemoryStorage.from_url("memory://"))
    users = [await add(storage, f"user{number}") for number in range(5)]
    sessions = [await log_in(storage, user) for user in (*users, *users[:2])]
    await end(storage, sessions[0])
    for user in users[:3]:
        await issue(storage, user)
    await storage.events.append([an_event(kind) for kind in list(EventKind)[:9]])
    first, *_ = await storage.events.claim(at=NOW, lease=MINUTE, limit=2)
    await storage.events.delivered(first.event.id)
    for kid in ("b", "_", "B"):
        await storage.revocations.revoke(RevokedKey(kid, NOW), events=[])
    await storage.statistics.add([Tally.of(NOW.date(), it, 1) for it in TallyKind])
    return storage


def watched(storage: MemoryStorage) -> MemoryStorage:
    return replace(storage, archive=WatchedArchive(storage.archive.tables))


def archive_of(storage: MemoryStorage) -> WatchedArchive:
    assert isinstance(storage.archive, WatchedArchive)
    return storage.archive


async def contents(storage: Storage) -> dict[RecordKind, list[Record]]:
    pages = {
        kind: await storage.archive.read(kind, after=None, limit=999)
        for kind in RecordKind
    }
    return {kind: [record for _, record in page] for kind, page in pages.items()}


async def everything(storage: Storage) -> list[Record]:
    return [
        record for records in (await contents(storage)).values() for record in records
    ]


async def register_somebody_else(storage: MemoryStorage) -> None:
    await add(storage, "stranger")


async def replace_a_hash(storage: MemoryStorage) -> None:
    await storage.users.replace_hash(1, stamp=0, old_hash=HASH, new_hash="other")


async def log_in_again(storage: MemoryStorage) -> None:
    user = await storage.users.get(1) or await add(storage)
    await log_in(storage, user, id="0" * 32)


async def append_an_event(storage: MemoryStorage) -> None:
    await storage.events.append([an_event()])


async def deliver_an_event(storage: MemoryStorage) -> None:
    (delivery,) = await storage.events.claim(at=NOW, lease=MINUTE, limit=1)
    await storage.events.delivered(delivery.event.id)


async def issue_a_token(storage: MemoryStorage) -> None:
    # Whether there is such a user, or not, as in a target that is still empty.
    token = replace(a_token(4), id="0" * 32)
    await storage.archive.write(RecordKind.TOKENS, [token])


async def revoke_a_key(storage: MemoryStorage) -> None:
    await storage.revocations.revoke(RevokedKey("A", NOW), events=[])


async def count_a_reset(storage: MemoryStorage) -> None:
    await storage.statistics.add([Tally.of(NOW.date(), TallyKind.RESETS, 1)])
