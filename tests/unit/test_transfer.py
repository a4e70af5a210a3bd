import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta, timezone

import pytest

from adapters.storage.memory import MemoryStorage
from adapters.storage.memory.archive import MemoryArchive
from core.errors import BadConfiguration, OperationError, Unavailable
from core.events import EventKind, StoredEvent
from core.model import RecordKind, RevokedKey
from core.ports import Record, Storage
from core.transfer import PAGE, Transfer, digest
from tests.contract.storage_records import (
    MINUTE,
    NOW,
    a_token,
    add,
    an_event,
    end,
    issue,
    log_in,
)
from tests.unit.world import World

BATCH = 2
WRITES = 3 + 4 + 2 + 5 + 2
"""Batches that a full storage is written in."""

USERS, SESSIONS, TOKENS, EVENTS, REVOCATIONS = RecordKind


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


@pytest.fixture
async def source() -> MemoryStorage:
    return await a_full_storage()


@pytest.fixture
def target() -> MemoryStorage:
    return watched(MemoryStorage.from_url("memory://"))


async def test_everything_is_copied_as_it_is(
    source: MemoryStorage, target: MemoryStorage
) -> None:
    digests = await transfer(source, target)

    assert await contents(source) == await contents(target)
    assert digests == await digest(source) == await digest(target)


async def test_clients_do_not_notice() -> None:
    old, new = World(), World()
    grant = await old.newcomer()

    await transfer(old.storage, new.storage)

    assert await new.refresh(grant.refresh_token)
    assert await new.log_in()
    assert 2 == (await new.register("bob")).id


async def test_an_empty_storage_is_copied_too(target: MemoryStorage) -> None:
    empty = MemoryStorage.from_url("memory://")

    digests = await transfer(empty, target)

    nothing = hashlib.sha256(b"").hexdigest()
    assert dict.fromkeys(RecordKind, nothing) == digests


async def test_progress_is_told_batch_by_batch(
    source: MemoryStorage, target: MemoryStorage
) -> None:
    steps = Steps()

    await Transfer(source, target, 3).run(steps)

    assert [
        *[(USERS, done, 5) for done in (0, 3, 5)],
        *[(SESSIONS, done, 7) for done in (0, 3, 6, 7)],
        *[(TOKENS, done, 3) for done in (0, 3)],
        *[(EVENTS, done, 9) for done in (0, 3, 6, 9)],
        *[(REVOCATIONS, done, 3) for done in (0, 3)],
    ] == steps.told


@pytest.mark.parametrize("moment", ["killed_before", "killed_after"])
@pytest.mark.parametrize("number", range(WRITES))
async def test_an_interrupted_transfer_goes_on_where_it_was(
    source: MemoryStorage, target: MemoryStorage, moment: str, number: int
) -> None:
    getattr(archive_of(target), moment).append(number)
    with pytest.raises(Killed):
        await transfer(source, target)
    copied, steps = len(archive_of(target).written), Steps()
    await Transfer(source, target, BATCH).run(steps)

    begun = {kind: done for kind, done, _ in reversed(steps.told)}
    assert copied == sum(begun.values())
    assert await contents(source) == await contents(target)
    assert await everything(source) == archive_of(target).written


async def test_a_transfer_may_be_interrupted_at_every_batch(
    source: MemoryStorage, target: MemoryStorage
) -> None:
    archive_of(target).killed_after.extend([0] * 99)

    batch = 1
    while await digest(source) != await digest(target):
        with pytest.raises(Killed):
            await transfer(source, target, batch)
        batch = batch % 3 + 1
    await transfer(source, target)

    assert await everything(source) == archive_of(target).written


async def test_a_finished_transfer_may_be_run_again(
    source: MemoryStorage, target: MemoryStorage
) -> None:
    first = await transfer(source, target)
    written = len(archive_of(target).written)

    second = await transfer(source, target)

    assert first == second
    assert written == len(archive_of(target).written)


async def register_somebody_else(storage: MemoryStorage) -> None:
    await add(storage, "stranger")


async def replace_a_hash(storage: MemoryStorage) -> None:
    await storage.users.replace_hash(1, old_hash="hash of user0", new_hash="other")


async def log_in_again(storage: MemoryStorage) -> None:
    user = await storage.users.get(1) or await add(storage)
    await log_in(storage, user, id="0" * 32)


async def append_an_event(storage: MemoryStorage) -> None:
    await storage.events.append([an_event()])


async def deliver_an_event(storage: MemoryStorage) -> None:
    (delivery,) = await storage.events.claim(at=NOW, lease=MINUTE, limit=1)
    await storage.events.delivered(delivery.event.id)


async def issue_a_token(storage: MemoryStorage) -> None:
    await storage.tokens.issue(replace(a_token(4), id="0" * 32), events=[])


async def revoke_a_key(storage: MemoryStorage) -> None:
    await storage.revocations.revoke(RevokedKey("A", NOW), events=[])


Change = Callable[[MemoryStorage], Awaitable[None]]

CHANGES: list[tuple[Change, RecordKind]] = [
    (register_somebody_else, USERS),
    (replace_a_hash, USERS),
    (log_in_again, SESSIONS),
    (issue_a_token, TOKENS),
    (append_an_event, EVENTS),
    (deliver_an_event, EVENTS),
    (revoke_a_key, REVOCATIONS),
]


@pytest.mark.parametrize(("change", "kind"), CHANGES)
async def test_a_target_that_was_changed_is_refused(
    source: MemoryStorage, target: MemoryStorage, change: Change, kind: RecordKind
) -> None:
    await transfer(source, target)
    await change(target)
    before = await contents(target)

    with pytest.raises(BadConfiguration, match=f"{kind} are not the beginning.* empty"):
        await transfer(source, target)

    assert before == await contents(target)


@pytest.mark.parametrize(
    "change",
    [
        register_somebody_else,
        log_in_again,
        issue_a_token,
        append_an_event,
        revoke_a_key,
    ],
)
async def test_a_target_that_was_used_is_refused(
    source: MemoryStorage, target: MemoryStorage, change: Change
) -> None:
    await change(target)
    before = await contents(target)

    with pytest.raises(BadConfiguration, match="are not the beginning"):
        await transfer(source, target)

    assert before == await contents(target)


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize(("change", "kind"), CHANGES)
async def test_a_side_that_is_written_to_meanwhile_is_noticed(
    source: MemoryStorage,
    target: MemoryStorage,
    side: str,
    change: Change,
    kind: RecordKind,
) -> None:
    changed = {"source": source, "target": target}[side]
    archive_of(changed).before_the_digest.append(change(changed))

    with pytest.raises(OperationError, match=rf"differ \({kind}: \d+ in the source"):
        await transfer(source, target)


async def test_a_source_that_does_not_answer_leaves_the_target_to_go_on(
    source: MemoryStorage, target: MemoryStorage
) -> None:
    class SilentArchive(MemoryArchive):
        async def read(
            self, kind: RecordKind, *, after: str | None, limit: int
        ) -> Sequence[tuple[str, Record]]:
            if kind is TOKENS:
                raise Unavailable
            return await super().read(kind, after=after, limit=limit)

    silent = replace(source, archive=SilentArchive(source.archive.tables))

    with pytest.raises(Unavailable):
        await transfer(silent, target)
    await transfer(source, target)

    assert await contents(source) == await contents(target)


async def test_no_more_is_held_than_a_batch_or_a_page(
    source: MemoryStorage, target: MemoryStorage
) -> None:
    for _ in range(2):
        await transfer(source, target)

    assert {1, BATCH, PAGE} == archive_of(source).limits
    assert {BATCH, PAGE} == archive_of(target).limits


async def test_a_digest_is_of_lines_of_json() -> None:
    storage = MemoryStorage.from_url("memory://")
    event = an_event(EventKind.SESSION_OPENED, 7, data={"b": "é", "a": '"'})
    stored = StoredEvent(event, 3, NOW)
    await storage.archive.write(EVENTS, [stored, stored])

    digests = await digest(storage)

    line = (
        '{"attempts":3,"due_at":"2025-12-24T10:00:00.123+00:00","event":'
        '{"at":"2025-12-24T10:00:00.123+00:00","data":{"a":"\\"","b":"\\u00e9"},'
        f'"id":"{event.id}","kind":"session.opened","session_id":null,"user_id":7}}}}\n'
    )
    assert hashlib.sha256(line.encode()).hexdigest() == digests[EVENTS]


@pytest.mark.parametrize(("change", "kind"), CHANGES)
async def test_a_digest_tells_of_any_change_of_its_kind(
    source: MemoryStorage, change: Change, kind: RecordKind
) -> None:
    before = await digest(source)

    await change(source)

    after = await digest(source)
    assert [kind] == [each for each in RecordKind if before[each] != after[each]]


async def test_a_digest_depends_on_order_and_not_on_offsets() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=5)))
    one, other = an_event(EventKind.SESSION_OPENED), an_event(EventKind.SESSION_OPENED)
    storages = []
    for events in (
        [one, other],
        [replace(one, at=elsewhere), other],
        [other, one],
    ):
        storages.append(MemoryStorage.from_url("memory://"))
        await storages[-1].events.append(events)

    here, there, reversed_ = [(await digest(each))[EVENTS] for each in storages]

    assert here == there != reversed_
