"""
Makes the tables, and notices if somebody changed them.

Why no library does it: the lock of yoyo-migrations is a row, which survives kill -9,
and it compares no checksums.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
from psycopg.errors import ReadOnlySqlTransaction

from adapters.storage import migrations
from adapters.storage.email_keys import MIGRATION as EMAIL_KEYS
from adapters.storage.migrations import Migration, Recorded
from adapters.storage.postgres import email_keys, search_texts
from adapters.storage.postgres.connection import (
    Connection,
    fetch,
    first,
    set_local,
    transaction,
)
from adapters.storage.postgres.database import Database, said
from adapters.storage.postgres.waiting import within
from adapters.storage.records import KEPT, Kept
from core.errors import BadConfiguration, Unavailable

KNOWN = migrations.load(Path(__file__).with_name("migrations"))

REPAIRS = {
    EMAIL_KEYS: email_keys.put_right,
    search_texts.MIGRATION: search_texts.put_right,
}
"""What a migration leaves to the program, also for what the version before stores later."""

LONGEST = 600.0
"""Seconds that all migrations may take together, and waiting for another program's."""

FURTHER = {
    "users unique (email_key)",
    "users unique (username_key)",
    "one_time_tokens unique (user_id, purpose)",
    "events trigger events_share_lock",
    "events trigger events_take_apart",
    "users trigger users_grow_stamp",
    "users trigger users_fill_search_text",
    "users trigger users_renew_search_text",
    "users_grams index",
}


def _needed(kept: Kept) -> set[str]:
    table, places = kept.record.table, {kept.key, kept.order}
    columns = places | {column.name for column in kept.record.written}
    unique = {f"{table} unique ({place})" for place in places}
    return unique | {f"{table} column {column}" for column in columns}


PARTS = FURTHER.union(*map(_needed, KEPT.values()))

FIND_PARTS = """
SELECT relname || ' column ' || attname
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
WHERE pg_table_is_visible(pg_class.oid) AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT relname || ' unique (' || string_agg(attname, ', ' ORDER BY position) || ')'
FROM pg_class
JOIN pg_index ON indrelid = pg_class.oid
CROSS JOIN unnest(indkey) WITH ORDINALITY AS key (number, position)
JOIN pg_attribute ON attrelid = pg_class.oid AND attnum = key.number
WHERE pg_table_is_visible(pg_class.oid)
    AND indisunique AND indisvalid AND indpred IS NULL
GROUP BY relname, indexrelid
UNION ALL
SELECT relname || ' index' FROM pg_class JOIN pg_index ON indexrelid = pg_class.oid
WHERE pg_table_is_visible(pg_class.oid) AND indisvalid
UNION ALL
SELECT relname || ' trigger ' || tgname
FROM pg_class JOIN pg_trigger ON tgrelid = pg_class.oid
WHERE pg_table_is_visible(pg_class.oid) AND tgenabled IN ('O', 'A')
"""

RECORDS = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


async def pending(database: Database) -> Sequence[str]:
    recorded = await database.run(_ask_recorded, repeat=True)
    waiting = migrations.pending(KNOWN, recorded)
    if not waiting:
        found = await database.read(first, FIND_PARTS)
        if missing := sorted(PARTS.difference(found)):
            problem = f"the schema was altered, it lacks: {', '.join(missing)}"
            raise BadConfiguration([f"{problem}; restore it"])
    return [migration.name for migration in waiting]


async def was_begun(database: Database) -> bool:
    """Tell whether a migration was ever run."""
    return bool(await database.run(_ask_recorded, repeat=True))


async def migrate(database: Database) -> Sequence[str]:
    connection = await database.connect()
    try:
        return await within(LONGEST, connection, _run_all(connection))
    except (psycopg.OperationalError, ReadOnlySqlTransaction) as error:
        raise Unavailable from error
    except psycopg.Error as error:
        raise BadConfiguration([f"the migration failed: {said(error)}"]) from None
    finally:
        await connection.close()


async def _run_all(connection: Connection) -> Sequence[str]:
    names = []
    while name := await _run_next(connection):
        names.append(name)
    if not names:
        async with _unhurried(connection):
            for put_right in REPAIRS.values():
                await put_right(connection)
    return names


async def _run_next(connection: Connection) -> str | None:
    async with _unhurried(connection):
        # The server lets go of it with the transaction, also if we are killed.
        await connection.execute("SELECT pg_advisory_xact_lock(7310541, 2)")
        waiting = migrations.pending(KNOWN, await _recorded(connection))
        if not waiting:
            return None
        await _apply(connection, waiting[0])
        return waiting[0].name


@asynccontextmanager
async def _unhurried(connection: Connection) -> AsyncIterator[None]:
    async with connection.transaction():
        await set_local(connection)
        await connection.execute("SET LOCAL statement_timeout = 0")
        # The program may have to compute something for each user meanwhile.
        await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield


async def _apply(connection: Connection, migration: Migration) -> None:
    await connection.execute(RECORDS)
    await connection.execute(migration.script)
    if put_right := REPAIRS.get(migration.name):
        await put_right(connection)
    await connection.execute(
        "INSERT INTO schema_migrations (name, checksum) VALUES (%s, %s)",
        (migration.name, migration.checksum),
    )


async def _ask_recorded(connection: Connection) -> Recorded:
    async with transaction(connection):
        return await _recorded(connection)


async def _recorded(connection: Connection) -> Recorded:
    begun = "SELECT to_regclass('schema_migrations') IS NOT NULL"
    if not any(await fetch(connection, first, begun, {})):
        return {}
    query = "SELECT name, checksum FROM schema_migrations"
    return dict(await fetch(connection, tuple, query, {}))
