from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import pytest

from adapters.storage.postgres import PostgresStorage
from core.model import (
    Account,
    EndReason,
    Purpose,
    RecordKind,
    RevokedKey,
    Tally,
    TallyKind,
)
from core.model.events import EventKind, StoredEvent
from core.ports import Record
from tests.adapters.postgres_world import fresh_schema, opened
from tests.contract.storage_records import (
    DAY,
    EVERY_FIELD,
    MINUTE,
    MOMENT,
    NOW,
    a_session,
    a_token,
    a_user,
    add,
    an_account,
    an_event,
    history,
    keep_session,
)
from tests.servers.existing import ExistingServer
from tests.servers.postgres import PostgresServer

LATER = NOW + DAY


@pytest.fixture
async def storage(migrated_postgres_url: str) -> AsyncIterator[PostgresStorage]:
    async with aclosing(PostgresStorage.from_url(migrated_postgres_url)) as storage:
        await storage.open()
        yield storage


@pytest.fixture
async def other(
    postgres_server: PostgresServer | ExistingServer,
) -> AsyncIterator[PostgresStorage]:
    with fresh_schema(postgres_server.url) as url:
        async with opened(url) as storage:
            yield storage


async def everything(storage: PostgresStorage) -> list[list[Record]]:
    return [
        [record for _, record in await storage.archive.read(kind, after=None, limit=99)]
        for kind in RecordKind
    ]


async def fill(storage: PostgresStorage) -> None:
    user = await add(storage, **EVERY_FIELD)
    await add(storage, "bob")
    ended = {"ended_at": NOW, "end_reason": EndReason.LOGGED_OUT}
    await keep_session(storage, user, rotations=(NOW, NOW + MOMENT), generation=2)
    await keep_session(storage, user, **ended)
    for purpose in Purpose:
        await storage.tokens.issue(a_token(user.id, purpose), events=[an_event()])
    await storage.events.append([an_event(EventKind.SESSION_OPENED), an_event()])
    await storage.events.claim(at=NOW, lease=MINUTE, limit=1)
    for kid in ("_", "B"):
        await storage.revocations.revoke(RevokedKey(kid, NOW), events=[])
    tallies = [Tally.of(NOW.date(), kind, 7) for kind in list(TallyKind)[:2]]
    await storage.statistics.add(tallies)


async def test_everything_can_be_moved_and_moved_again(
    storage: PostgresStorage, other: PostgresStorage
) -> None:
    await fill(storage)
    records = await everything(storage)

    for _ in range(2):
        for kind, some in zip(RecordKind, records, strict=True):
            await other.archive.write(kind, some)

    assert [2, 2, 5, 7, 2, 2] == [len(some) for some in records]
    assert records == await everything(other)
    assert [2, 2, 5, 7, 2, 2] == [
        await other.archive.count(kind) for kind in RecordKind
    ]
    assert 3 == (await add(other, "cyd")).id


async def test_pages_follow_each_other(storage: PostgresStorage) -> None:
    await fill(storage)
    for kind in RecordKind:
        whole = await storage.archive.read(kind, after=None, limit=99)
        (cursor, _), *rest = whole

        assert rest == await storage.archive.read(kind, after=cursor, limit=99)
        assert whole[:1] == await storage.archive.read(kind, after=None, limit=1)
        assert [] == await storage.archive.read(kind, after=whole[-1][0], limit=9)


async def test_a_record_that_changed_meanwhile_is_replaced(
    storage: PostgresStorage,
) -> None:
    user = replace(a_user(), id=2**40)
    account = an_account(user)
    newer = an_account(
        replace(user, email="new@example.com", is_active=False), "another hash"
    )
    tokens = [a_token(user.id), a_token(user.id)]
    event = an_event()
    for kind, records in (
        (RecordKind.USERS, [account]),
        (RecordKind.USERS, [newer]),
        (RecordKind.TOKENS, tokens[:1]),
        (RecordKind.TOKENS, tokens[1:]),
        (RecordKind.EVENTS, [StoredEvent(event, 3, NOW)]),
        (RecordKind.EVENTS, [StoredEvent(event, 4, None)]),
        (RecordKind.SESSIONS, list[Account]()),
    ):
        await storage.archive.write(kind, records)

    found = await everything(storage)
    assert [[newer], [], tokens[1:], [StoredEvent(event, 4, None)], [], []] == found
    assert 2**40 + 1 == (await add(storage, "bob")).id


async def test_only_what_nobody_needs_is_purged(storage: PostgresStorage) -> None:
    user = await add(storage)
    gone = {"ended_at": NOW, "end_reason": EndReason.LOGGED_OUT}
    kept = [
        await keep_session(storage, user),
        await keep_session(storage, user, expires_at=LATER),
    ]
    for changes in (gone, {"expires_at": LATER - MOMENT}, gone, gone):
        await storage.sessions.open(
            a_session(user, **changes), stamp=user.stamp, devices=[], events=[]
        )
    await storage.tokens.issue(a_token(user.id, expires_at=NOW), events=[])
    token = a_token(user.id, Purpose.RESET_PASSWORD, expires_at=LATER)
    await storage.tokens.issue(token, events=[])
    await storage.events.append(
        [an_event(EventKind.SESSION_OPENED), waiting := an_event()]
    )

    purged = [await purge(storage) for _ in range(4)]

    assert [4, 2, 0, 0] == purged
    found = await storage.sessions.identities([session.id for session in kept])
    assert 2 == len(found)
    assert token == await storage.tokens.get(token.id)
    assert [waiting] == await history(storage)


async def purge(storage: PostgresStorage) -> int:
    return await storage.purge(at=LATER, keep_events_since=LATER, limit=2)
