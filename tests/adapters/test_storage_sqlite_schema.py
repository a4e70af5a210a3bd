import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.storage.sqlite import SqliteStorage, purging
from adapters.storage.sqlite.database import Database
from adapters.storage.sqlite.schema import KNOWN, RECORDS, statements
from core.errors import BadConfiguration, Unavailable
from core.model import UserFilter, UserOrder, UserSort
from tests.contract.storage_records import add, history

COPY = """
CREATE TABLE copy AS SELECT * FROM users;
DROP TABLE users;
ALTER TABLE copy RENAME TO users;
"""

NAMES = [migration.name for migration in KNOWN]

OF_AN_OPERATOR = (
    "CREATE VIEW a_view AS SELECT id, password_hash FROM users",
    (
        "CREATE TRIGGER an_audit AFTER UPDATE ON users"
        " BEGIN INSERT INTO changes VALUES (old.id, old.password_hash); END"
    ),
    (
        "CREATE TRIGGER a_clock AFTER UPDATE ON users"
        " BEGIN UPDATE users SET updated_at = 'now' WHERE id = new.id; END"
    ),
    (
        "CREATE TRIGGER through_a_view INSTEAD OF DELETE ON a_view"
        " BEGIN UPDATE users SET password_hash = 'none' WHERE id = old.id; END"
    ),
    'CREATE VIEW "what ""is"" broken" AS SELECT nickname FROM users',
)
"""What makes views and triggers beside our tables."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "auth.db"


@pytest.fixture
async def storage(path: Path) -> AsyncIterator[SqliteStorage]:
    """Yield one that is open, with nothing in its file."""
    storage = SqliteStorage.on(Database(path, patience=0.2))
    await storage.open()
    yield storage
    await storage.aclose()


@pytest.fixture
def console(storage: SqliteStorage, path: Path) -> Iterator[sqlite3.Connection]:
    """Yield what an operator works with."""
    assert storage
    with closing(sqlite3.connect(path, isolation_level=None)) as console:
        yield console


async def test_opening_makes_no_tables(
    storage: SqliteStorage, console: sqlite3.Connection
) -> None:
    await storage.ping()

    assert [] == console.execute("SELECT name FROM sqlite_schema").fetchall()
    with pytest.raises(Unavailable):
        await history(storage)


async def test_a_new_file_waits_for_every_migration(storage: SqliteStorage) -> None:
    before = await storage.pending()
    ran = await storage.migrate()
    after = await storage.pending()

    assert (NAMES, NAMES, []) == (before, ran, after)
    assert 1 == (await add(storage)).id


async def test_migrations_are_recorded(
    storage: SqliteStorage, console: sqlite3.Connection
) -> None:
    await storage.migrate()

    recorded = console.execute(
        "SELECT name, checksum, applied_at LIKE '____-__-__T__:__:__.___Z'"
        " FROM schema_migrations ORDER BY name"
    )
    assert [(m.name, m.checksum, 1) for m in KNOWN] == recorded.fetchall()


async def test_of_many_callers_one_migrates(storage: SqliteStorage) -> None:
    ran = await asyncio.gather(*(storage.migrate() for _ in range(10)))

    assert [NAMES, *[[]] * 9] == sorted(map(list, ran), reverse=True)


async def test_a_newer_programs_migrations_are_let_be(
    storage: SqliteStorage, console: sqlite3.Connection
) -> None:
    await storage.migrate()
    console.execute(
        "INSERT INTO schema_migrations (name, checksum) VALUES ('9999_newer', '')"
    )
    console.execute("ALTER TABLE users ADD COLUMN nickname TEXT")

    assert [] == await storage.pending()
    assert [] == await storage.migrate()
    assert 1 == (await add(storage)).id


async def test_an_altered_migration_is_noticed(
    storage: SqliteStorage, console: sqlite3.Connection
) -> None:
    await storage.migrate()
    console.execute("UPDATE schema_migrations SET checksum = 'other'")

    for check in (storage.pending, storage.migrate):
        with pytest.raises(BadConfiguration, match=f"{NAMES[0]}.* restore"):
            await check()


@pytest.mark.parametrize(
    ("change", "lacking"),
    [
        ("DROP TABLE one_time_tokens", "one_time_tokens column expires_at"),
        ("ALTER TABLE sessions DROP COLUMN label", "sessions column label"),
        ("DROP INDEX events_due", "events index events_due"),
        ("ALTER TABLE events RENAME COLUMN kind TO sort", "events column kind"),
        ("DROP TRIGGER users_grow_stamp", "users trigger users_grow_stamp"),
        (COPY, r"users unique \(email_key\), users unique \(username_key\)"),
    ],
)
async def test_a_schema_that_was_altered_is_noticed(
    storage: SqliteStorage, console: sqlite3.Connection, change: str, lacking: str
) -> None:
    await storage.migrate()
    console.executescript(change)

    for check in (storage.pending, storage.migrate):
        with pytest.raises(BadConfiguration, match=f"lacks: .*{lacking}.*; restore"):
            await check()


async def test_a_unique_index_may_have_another_name(
    storage: SqliteStorage, console: sqlite3.Connection
) -> None:
    await storage.migrate()
    made = (
        "SELECT sql FROM sqlite_schema WHERE tbl_name = 'users' AND sql IS NOT NULL"
        " ORDER BY type = 'table' DESC"
    )
    (table,), *others = console.execute(made).fetchall()
    console.execute("DROP TABLE users")
    console.execute(table.replace("email_key TEXT NOT NULL UNIQUE", "email_key TEXT"))
    for (other,) in others:
        console.execute(other)
    console.execute("CREATE UNIQUE INDEX ours ON users (email_key)")

    assert [] == await storage.pending()
    user = await add(storage)
    for by in UserSort:
        found = await storage.users.find(
            UserFilter(), UserOrder(by), after=None, limit=9, count_to=9
        )
        assert [user] == found.records


async def test_views_and_triggers_of_operators_outlive_a_migration_and_see_none(
    storage: SqliteStorage, console: sqlite3.Connection
) -> None:
    console.execute(RECORDS)
    for migration in KNOWN:
        if migration.name < "0005":
            console.executescript(migration.script)
            done = migration.name, migration.checksum
            console.execute("INSERT INTO schema_migrations VALUES (?, ?, '')", done)
    console.execute(
        "INSERT INTO users VALUES (1, 'a', 'a', 'a', 'a', NULL, 'hash', 'user', 1, 1, '', '')"
    )
    console.execute("CREATE TABLE changes (id INTEGER, was TEXT)")
    for definition in OF_AN_OPERATOR:
        console.execute(definition)

    await storage.migrate()

    theirs = (
        "SELECT sql FROM sqlite_schema WHERE sql IN (SELECT value FROM json_each(?))"
    )
    asked = json.dumps(OF_AN_OPERATOR)
    assert len(OF_AN_OPERATOR) == len(console.execute(theirs, (asked,)).fetchall())
    assert [] == console.execute("SELECT * FROM changes").fetchall()
    assert [("",)] == console.execute("SELECT updated_at FROM users").fetchall()
    console.execute("DELETE FROM a_view")
    assert (1, "hash") in console.execute("SELECT * FROM changes").fetchall()


async def test_a_file_of_another_program_is_left_as_it_was(
    storage: SqliteStorage, console: sqlite3.Connection
) -> None:
    console.execute("CREATE TABLE users (name TEXT)")

    with pytest.raises(BadConfiguration, match=r"already exists.* name a file"):
        await storage.migrate()

    tables = console.execute("SELECT name FROM sqlite_schema").fetchall()
    assert [("users",)] == tables
    assert NAMES == await storage.pending()


async def test_a_file_locked_for_too_long_is_not_migrated(
    storage: SqliteStorage, console: sqlite3.Connection
) -> None:
    console.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable):
        await storage.migrate()
    console.execute("ROLLBACK")

    assert NAMES == await storage.migrate()


def test_scripts_are_parted_where_statements_end() -> None:
    table = "-- a; b\nCREATE TABLE a (b TEXT DEFAULT ';'); "
    trigger = "CREATE TRIGGER c AFTER INSERT ON a BEGIN SELECT 1; SELECT 2; END;"
    last = "/* the; last */ SELECT ';' -- without a semicolon;"

    parted = list(statements(f"{table}{trigger}{last}"))

    assert [table.strip(), f" {trigger}", f"{last}\n;"] == parted


def test_an_unfinished_statement_is_not_dropped() -> None:
    *_, last = statements("SELECT 1; SELECT 'without end")

    assert " SELECT 'without end\n;" == last
    assert not sqlite3.complete_statement(last)


@pytest.mark.parametrize(
    ("delete", "index"),
    [
        (purging.SESSIONS, "sessions_end"),
        (purging.SESSIONS, "sessions_expiry"),
        (purging.TOKENS, "one_time_tokens_expiry"),
        (purging.EVENTS, "events_done"),
    ],
)
async def test_what_is_purged_is_found_by_an_index(
    storage: SqliteStorage, console: sqlite3.Connection, delete: str, index: str
) -> None:
    await storage.migrate()
    values = {"at": "", "keep_events_since": "", "limit": 1}

    plan = [row[3] for row in console.execute(f"EXPLAIN QUERY PLAN {delete}", values)]

    assert any(f"USING INDEX {index}" in step for step in plan)
    assert not any(step.startswith("SCAN") for step in plan)
