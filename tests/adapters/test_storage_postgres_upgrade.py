"""What a database of the version before becomes, and what that version still does in it."""

from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from adapters.storage.postgres import PostgresStorage
from core.model import UserFilter, UserOrder
from core.model.users import searchable
from tests.adapters.before_a_step import Console, console_at, migrate_up_to, registered
from tests.contract.storage_records import a_user, history

STEP = "0006_administration"
STEPS = [STEP, "0007_lists"]

TOLD = """
INSERT INTO events (id, kind, at, user_id, data) VALUES
('{id}', 'session.opened', '2025-12-24T10:00:00.123Z', 1,
'{{"actor": "1", "address": "192.0.2.1", "client": "Firefox", "more": "x"}}')
"""

NAMES = ("Ada Lovelace", "İpek ΌΣΟΣ", "E\u0301mile")


@pytest.fixture
async def unmigrated(postgres_url: str) -> AsyncIterator[PostgresStorage]:
    async with aclosing(PostgresStorage.from_url(postgres_url)) as storage:
        await storage.open()
        yield storage


async def _assert_found(storage: PostgresStorage) -> None:
    for number, name in enumerate(NAMES, start=1):
        wanted = UserFilter(text=searchable(name))
        found = await storage.users.find(
            wanted, UserOrder(), after=None, limit=9, count_to=9
        )
        assert [number] == [user.id for user in found.records]


def _register(run: Console) -> None:
    for number, name in enumerate(NAMES, start=1):
        run(registered(a_user(f"user{number}", full_name=name)))


async def _assert_taken_apart(storage: PostgresStorage) -> None:
    (event,) = await history(storage)
    assert ("1", "192.0.2.1", "Firefox") == (event.actor, event.address, event.label)
    assert {"more": "x"} == event.data


async def test_who_was_there_before_is_found_and_what_happened_too(
    unmigrated: PostgresStorage, postgres_url: str
) -> None:
    with console_at(postgres_url) as run:
        migrate_up_to(STEP, postgres_url, run)
        _register(run)
        run(TOLD.format(id="a" * 32))

    assert STEPS == await unmigrated.migrate()

    await _assert_found(unmigrated)
    await _assert_taken_apart(unmigrated)
    assert [] == await unmigrated.pending()


async def test_whom_the_version_before_adds_is_found_at_the_next_migration_at_latest(
    unmigrated: PostgresStorage, postgres_url: str
) -> None:
    await unmigrated.migrate()
    with console_at(postgres_url) as run:
        _register(run)
        run(TOLD.format(id="a" * 32))
        run("UPDATE users SET full_name = 'Ada Byron' WHERE id = 1")
        run("UPDATE users SET full_name = 'Ada Lovelace' WHERE id = 1")
    ada = UserFilter(text="ada lovelace")
    found = await unmigrated.users.find(
        ada, UserOrder(), after=None, limit=9, count_to=9
    )
    assert [1] == [user.id for user in found.records]

    assert [] == await unmigrated.migrate()

    await _assert_found(unmigrated)
    await _assert_taken_apart(unmigrated)
