import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from adapters.storage.memory import MemoryStorage
from adapters.storage.memory.archive import MemoryArchive
from core.errors import BadConfiguration, OperationError, Unavailable
from core.model import Purpose, RecordKind
from core.model.events import EventKind, StoredEvent
from core.operations.transfer import PAGE, Transfer, digest
from core.ports import Record
from tests.contract.storage_records import (
    NOW,
    an_event,
)
from tests.unit.transfers import (
    BATCH,
    Killed,
    Steps,
    a_full_storage,
    append_an_event,
    archive_of,
    contents,
    count_a_reset,
    deliver_an_event,
    everything,
    issue_a_token,
    log_in_again,
    register_somebody_else,
    replace_a_hash,
    revoke_a_key,
    transfer,
    watched,
)
from tests.unit.world import PHONE, World

WRITES = 3 + 4 + 2 + 5 + 2 + 2
"""Batches that a full storage is written in."""

USERS, SESSIONS, TOKENS, EVENTS, REVOCATIONS, TALLIES = RecordKind


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


async def test_the_id_of_who_was_removed_is_not_given_again() -> None:
    old, new = World(), World()
    await old.register("kept")
    removed = await old.register("removed")
    await old.verifications.reject(old.mailed_token(Purpose.VERIFY_EMAIL), PHONE)

    await transfer(old.storage, new.storage)

    assert removed.id < (await new.register("later")).id


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
        *[(TALLIES, done, 4) for done in (0, 3, 4)],
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


Change = Callable[[MemoryStorage], Awaitable[None]]

CHANGES: list[tuple[Change, RecordKind]] = [
    (register_somebody_else, USERS),
    (replace_a_hash, USERS),
    (log_in_again, SESSIONS),
    (issue_a_token, TOKENS),
    (append_an_event, EVENTS),
    (deliver_an_event, EVENTS),
    (revoke_a_key, REVOCATIONS),
    (count_a_reset, TALLIES),
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
    event = an_event(
        EventKind.SESSION_OPENED,
        7,
        actor="7",
        address="192.0.2.1",
        data={"b": "é", "a": '"'},
    )
    stored = StoredEvent(event, 3, NOW)
    await storage.archive.write(EVENTS, [stored, stored])

    digests = await digest(storage)

    line = (
        '{"attempts":3,"due_at":"2025-12-24T10:00:00.123+00:00","event":'
        '{"actor":"7","address":"192.0.2.1","at":"2025-12-24T10:00:00.123+00:00",'
        '"data":{"a":"\\"","b":"\\u00e9"},'
        f'"id":"{event.id}","kind":"session.opened","label":null,"session_id":null,'
        '"user_id":7}}\n'
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
