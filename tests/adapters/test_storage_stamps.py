"""
What SQL storages do about stamps for those who know nothing of them.

Those are operators, and the version before, which runs on for a while after a migration.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from adapters.storage.postgres import PostgresStorage
from adapters.storage.sqlite import SqliteStorage
from core.model import User
from core.ports import Storage
from tests.adapters.before_a_step import (
    Console,
    console_at,
    migrate_up_to,
    registered,
)
from tests.contract.storage_records import (
    DAY,
    NOW,
    a_session,
    a_user,
    add,
    an_account,
    history,
    log_in,
    stored,
)

STEP = "0005_stamps"

OPEN = """
INSERT INTO sessions (id, user_id, generation, rotations, created_at, last_used_at,
    expires_at, ended_at, end_reason, address, label)
VALUES ('{id}', {user_id}, 0, '{none}', '2025-12-24T10:00:00.123Z',
    '2025-12-24T10:00:00.123Z', '2025-12-25T10:00:00.123Z', NULL, NULL, '192.0.2.1',
    'Firefox')
"""

GROWS = (
    "UPDATE users SET is_active = FALSE WHERE email = 'ada@example.com'",
    "UPDATE users SET role = 'admin' WHERE id = 1",
    "UPDATE users SET email_key = 'eve@example.com' WHERE id = 1",
    "UPDATE users SET is_verified = TRUE, updated_at = '2026-01-01T00:00:00.000Z'",
    "UPDATE users SET full_name = 'Ada', email = 'Ada@example.com'",
    "UPDATE users SET password_hash = 'new', updated_at = '2026-01-01T00:00:00.000Z'",
    "UPDATE users SET password_hash = 'new' WHERE email = 'ada@example.com'",
    "UPDATE users SET password_hash = NULL WHERE id = 1",
    "UPDATE users SET password_hash = NULL, updated_at = '2026-01-01T00:00:00.000Z'",
)

STAYS = (
    "UPDATE users SET password_hash = password_hash",
    "UPDATE users SET is_active = TRUE, role = 'user'",
    "UPDATE users SET full_name = full_name, is_verified = is_verified",
    "UPDATE users SET last_login_at = '2026-01-01T00:00:00.000Z'",
)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/auth.db"
    made: str = request.getfixturevalue("postgres_url")
    return made


@pytest.fixture
def run(url: str) -> Iterator[Console]:
    with console_at(url) as run:
        yield run


@pytest.fixture
async def unmigrated(url: str) -> AsyncIterator[Storage]:
    kind: Any = SqliteStorage if url.startswith("sqlite") else PostgresStorage
    async with aclosing(kind.from_url(url)) as storage:
        await storage.open()
        yield storage


@pytest.fixture
async def storage(unmigrated: Storage) -> Storage:
    await unmigrated.migrate()
    return unmigrated


async def found(storage: Storage) -> User:
    user = await storage.users.get(1)
    assert user is not None
    return user


async def test_who_was_there_before_keeps_everything(
    unmigrated: Storage, url: str, run: Console
) -> None:
    migrate_up_to(STEP, url, run)
    for name in ("ada", "bob", "cyd"):
        run(registered(a_user(name)))
    none = "[]" if url.startswith("sqlite") else "{}"
    run(OPEN.format(id="b" * 32, user_id=2, none=none))
    run("DELETE FROM users WHERE id = 3")

    assert STEP == (await unmigrated.migrate())[0]

    bob = await unmigrated.users.account_by_email("bob@example.com")
    assert bob is not None
    assert an_account(bob.user) == bob
    assert (2, 0, NOW) == (bob.user.id, bob.user.stamp, bob.user.updated_at)
    session = a_session(bob.user, id="b" * 32, expires_at=NOW + DAY)
    assert session == await stored(unmigrated, session.id)
    assert await log_in(unmigrated, bob.user)
    assert 4 == (await add(unmigrated, "dee", password_hash=None)).id
    assert [] == await unmigrated.pending()


async def test_whom_the_version_before_registers_has_the_first_stamp(
    storage: Storage, run: Console
) -> None:
    run(registered(a_user("ada")))

    user = await found(storage)
    assert an_account(user) == await storage.users.account(1)
    assert 0 == user.stamp
    assert await log_in(storage, user)


@pytest.mark.parametrize("statement", GROWS)
async def test_what_voids_a_decision_grows_the_stamp_whoever_does_it(
    storage: Storage, run: Console, statement: str
) -> None:
    user = await add(storage, stamp=7)

    run(statement)

    assert 8 == (await found(storage)).stamp
    session = a_session(user)
    assert not await storage.sessions.open(session, stamp=7, devices=[], events=[])
    assert [] == await history(storage)


@pytest.mark.parametrize("statement", STAYS)
async def test_what_voids_nothing_leaves_the_stamp(
    storage: Storage, run: Console, statement: str
) -> None:
    user = await add(storage, stamp=7)

    run(statement)

    assert 7 == (await found(storage)).stamp
    assert await log_in(storage, user)


async def test_a_hash_made_anew_does_not_undo_an_operators(
    storage: Storage, run: Console
) -> None:
    user = await add(storage, stamp=7)

    run("UPDATE users SET password_hash = 'operators' WHERE id = 1")

    assert not await storage.users.replace_hash(
        1, stamp=7, old_hash="operators", new_hash="anew"
    )
    account = await storage.users.account(1)
    assert account is not None
    assert "operators" == account.credentials.password_hash
    assert not await storage.sessions.open(
        a_session(user), stamp=7, devices=[], events=[]
    )
