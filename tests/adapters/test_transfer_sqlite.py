from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from adapters.storage.memory import MemoryStorage
from adapters.storage.sqlite import SqliteStorage
from core.errors import BadConfiguration
from core.model import RecordKind
from core.model.events import EventKind
from core.operations.transfer import Transfer, digest
from core.ports import Storage
from tests.contract.storage_records import (
    EVERY_FIELD,
    MINUTE,
    NOW,
    a_token,
    add,
    an_event,
    end,
    history,
    keep_session,
    log_in,
    stored,
)

BATCH = 7


@dataclass(slots=True)
class Patience:
    """Stops a transfer after so many steps."""

    steps: int

    def __call__(self, _: RecordKind, __: int, ___: int) -> None:
        self.steps -= 1
        if self.steps == 0:
            raise InterruptedError


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[SqliteStorage]:
    storage = SqliteStorage.from_url(f"sqlite:///{tmp_path}/auth.db")
    await storage.open()
    await storage.migrate()
    yield storage
    await storage.aclose()


@pytest.fixture
def memory() -> MemoryStorage:
    return MemoryStorage.from_url("memory://")


async def test_a_file_is_copied_and_copied_back(sqlite: SqliteStorage) -> None:
    await fill(sqlite)
    memory, again = (MemoryStorage.from_url("memory://") for _ in range(2))

    there = await copy(sqlite, memory)
    back = await copy(memory, again)

    assert there == back == await digest(sqlite) == await digest(again)
    assert await history(sqlite) == await history(again)
    assert await sqlite.users.get(7) == await again.users.get(7)


async def test_a_file_goes_on_where_another_storage_ended(
    memory: MemoryStorage, sqlite: SqliteStorage
) -> None:
    await fill(memory)

    await copy(memory, sqlite)

    waiting = await memory.events.claim(at=NOW, lease=MINUTE, limit=99)
    assert waiting == await sqlite.events.claim(at=NOW, lease=MINUTE, limit=99)
    ada = await sqlite.users.by_email("user0@example.com")
    assert ada is not None
    session = await log_in(sqlite, ada)
    assert session == await stored(sqlite, session.id)
    assert 21 == (await add(sqlite, "new")).id


@pytest.mark.parametrize("steps", range(1, 19))
async def test_a_transfer_into_a_file_may_be_interrupted_anywhere(
    memory: MemoryStorage, sqlite: SqliteStorage, steps: int
) -> None:
    await fill(memory)

    with pytest.raises(InterruptedError):
        await Transfer(memory, sqlite, BATCH).run(Patience(steps))
    digests = await copy(memory, sqlite)

    assert digests == await digest(sqlite)


async def test_a_file_in_use_is_refused(
    memory: MemoryStorage, sqlite: SqliteStorage
) -> None:
    await fill(memory)
    user = await add(sqlite, "stranger")

    with pytest.raises(BadConfiguration, match="users"):
        await copy(memory, sqlite)

    assert user == await sqlite.users.get(1)
    assert await sqlite.users.get(2) is None


async def copy(source: Storage, target: Storage) -> dict[RecordKind, str]:
    return dict(await Transfer(source, target, BATCH).run(Patience(999)))


async def fill(storage: Storage) -> None:
    """Store twenty users, some of each other record, and what became of them."""
    for number in range(20):
        changes = EVERY_FIELD if number % 2 else {}
        user = await add(storage, f"user{number}", **changes)
        token = replace(a_token(user.id), expires_at=NOW + number * MINUTE)
        await storage.tokens.issue(token, events=[an_event(user_id=user.id)])
        session = await keep_session(storage, user)
        rotated = replace(session, generation=1, rotations=(NOW,))
        await storage.sessions.advance(rotated, events=[])
        if number % 3 == 0:
            await end(storage, session)
    claimed = await storage.events.claim(at=NOW, lease=MINUTE, limit=5)
    await storage.events.delivered(claimed[1].event.id)
    await storage.events.failed(claimed[2], retry_at=None)
    await storage.events.failed(claimed[3], retry_at=NOW)
    await storage.events.append([an_event(kind) for kind in EventKind])
