import asyncio
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from itertools import chain

import psycopg
import pytest

from adapters.storage.postgres import PostgresStorage
from adapters.storage.postgres.schema import KNOWN
from core.errors import BadConfiguration
from tests.adapters.migrating import migrated_by, will_start_at
from tests.adapters.postgres_world import console, is_unavailable
from tests.contract.storage_records import add

RELEASED = [
    "0001_accounts",
    "0002_revoked_keys",
    "0003_email_keys",
    "0004_spent_tokens",
    "0005_stamps",
    "0006_administration",
    "0007_lists",
]
ALL = [migration.name for migration in KNOWN]
PROCESSES = 10

spawning = multiprocessing.get_context("spawn")


@pytest.fixture
async def unmigrated(postgres_url: str) -> AsyncIterator[PostgresStorage]:
    storage = PostgresStorage.from_url(postgres_url)
    await storage.open()
    yield storage
    await storage.aclose()


@pytest.fixture
async def storage(unmigrated: PostgresStorage) -> PostgresStorage:
    await unmigrated.migrate()
    return unmigrated


async def test_what_has_to_run_is_told_and_run_once(
    unmigrated: PostgresStorage,
) -> None:
    before = await unmigrated.pending()
    first, second = await unmigrated.migrate(), await unmigrated.migrate()

    assert [ALL, ALL, [], []] == [before, first, second, await unmigrated.pending()]
    assert RELEASED == ALL[: len(RELEASED)]


async def test_opening_changes_nothing(
    unmigrated: PostgresStorage, postgres_url: str
) -> None:
    await unmigrated.ping()

    with console(postgres_url) as operator:
        tables = (
            "SELECT FROM pg_class WHERE relnamespace = current_schema::regnamespace"
        )
        assert [] == operator.execute(tables).fetchall()


async def test_without_its_tables_it_is_unavailable(
    unmigrated: PostgresStorage,
) -> None:
    assert await is_unavailable(add(unmigrated))


def test_ten_processes_at_once_run_each_migration_once(postgres_url: str) -> None:
    barrier = spawning.Barrier(PROCESSES)
    with ProcessPoolExecutor(
        PROCESSES, spawning, will_start_at, (barrier,)
    ) as processes:
        ran = list(processes.map(migrated_by, [postgres_url] * PROCESSES))

    assert ALL == sorted(chain.from_iterable(ran))


async def test_a_killed_migration_leaves_no_lock_behind(
    unmigrated: PostgresStorage, postgres_url: str
) -> None:
    with console(postgres_url) as operator:
        operator.execute("BEGIN; CREATE TABLE users ()")
        process = spawning.Process(target=migrated_by, args=(postgres_url,))
        process.start()
        await asyncio.to_thread(wait_for_a_migration_that_waits, postgres_url)

        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        operator.execute("ROLLBACK")

    assert ALL == await unmigrated.migrate()


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        (
            "UPDATE schema_migrations SET checksum = 'other'",
            "0001_accounts is not what was run",
        ),
        (
            "UPDATE schema_migrations SET name = '0000_old' WHERE name LIKE '0001%'",
            "0000_old was run",
        ),
        (
            "DELETE FROM schema_migrations WHERE name LIKE '0001%'",
            "0001_accounts is not rec",
        ),
        ("DROP TABLE revoked_keys", "revoked_keys column at"),
        ("ALTER TABLE users DROP COLUMN devices", "users column devices"),
        ("DROP TABLE one_time_tokens", "one_time_tokens column id"),
        (
            "ALTER TABLE users DROP CONSTRAINT users_email_key",
            r"users unique \(email_key\)",
        ),
        (
            "ALTER TABLE events DISABLE TRIGGER events_share_lock",
            "trigger events_share_lock",
        ),
        ("DROP TRIGGER users_grow_stamp ON users", "users trigger users_grow_stamp"),
        ("DROP TRIGGER users_fill_search_text ON users", "users_fill_search_text"),
        ("DROP FUNCTION grams CASCADE", "users_grams index"),
        ("DROP TABLE tallies", "tallies column amount"),
    ],
)
async def test_an_altered_schema_is_noticed(
    storage: PostgresStorage, postgres_url: str, statement: str, problem: str
) -> None:
    with console(postgres_url) as operator:
        operator.execute(statement)

    with pytest.raises(BadConfiguration, match=problem):
        await storage.pending()


async def test_what_a_newer_program_added_is_fine(
    storage: PostgresStorage, postgres_url: str
) -> None:
    with console(postgres_url) as operator:
        operator.execute(
            "INSERT INTO schema_migrations (name, checksum) VALUES ('9999_new', '')"
        )
        operator.execute("ALTER TABLE users ADD COLUMN phone text")

    assert [] == await storage.pending()
    assert [] == await storage.migrate()
    assert 1 == (await add(storage)).id


async def test_tables_of_somebody_else_are_the_operators_to_mend(
    unmigrated: PostgresStorage, postgres_url: str
) -> None:
    with console(postgres_url) as operator:
        operator.execute("CREATE TABLE users (name text)")

    with pytest.raises(BadConfiguration, match='"users" already exists'):
        await unmigrated.migrate()
    assert ALL == await unmigrated.pending()


async def test_operators_can_read_the_users(
    storage: PostgresStorage, postgres_url: str
) -> None:
    await add(storage, is_verified=True)

    with console(postgres_url) as operator:
        row = operator.execute(
            "SELECT is_active, is_verified FROM users WHERE email = %s",
            ["ada@example.com"],
        ).fetchone()

    assert (True, True) == row


def wait_for_a_migration_that_waits(url: str) -> None:
    query = (
        "SELECT FROM pg_stat_activity"
        " WHERE query LIKE 'CREATE TABLE users (%' AND wait_event_type = 'Lock'"
    )
    with psycopg.connect(url, autocommit=True) as watcher:
        while not watcher.execute(query).fetchall():
            pass
