"""
Makes the tables, and notices if somebody changed them.

All of it happens in one transaction that began by taking SQLite's lock for writing: of
any number of processes one is first, and if it dies the file is as it was before.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from sqlite3 import Connection

from adapters.storage import migrations
from adapters.storage.email_keys import MIGRATION as EMAIL_KEYS
from adapters.storage.migrations import Migration, Recorded
from adapters.storage.sqlite import email_keys, search_texts
from adapters.storage.sqlite.database import BEGUN, Database, is_passing
from core.errors import BadConfiguration

KNOWN = migrations.load(Path(__file__).with_name("migrations"))

REPAIRS: Mapping[str, Callable[[Connection], None]] = {
    EMAIL_KEYS: email_keys.put_right,
    search_texts.MIGRATION: search_texts.put_right,
}
"""What no SQL computes: a step of a migration, and done again whenever none is pending."""

RECORDS = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    name TEXT PRIMARY KEY,
    checksum TEXT NOT NULL,
    applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT
"""

# An index that makes nothing unique counts by its name: statements may ask for it.
FIND_PARTS = """
WITH tables AS (
    SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
)
SELECT tables.name || iif(pk, ' key ', ' column ') || found.name
FROM tables JOIN pragma_table_info(tables.name) AS found
UNION
SELECT tables.name || ' unique (' || group_concat(parts.name, ', ') || ')'
FROM tables JOIN pragma_index_list(tables.name) AS found
JOIN pragma_index_info(found.name) AS parts
WHERE "unique" AND NOT partial GROUP BY tables.name, found.name
UNION
SELECT tables.name || ' index ' || found.name
FROM tables JOIN pragma_index_list(tables.name) AS found WHERE origin = 'c'
UNION
SELECT tbl_name || ' trigger ' || name FROM sqlite_schema WHERE type = 'trigger'
"""

# Dropped before the tables change, and made again: SQLite would refuse to drop a column that
# they name, and triggers are not meant for what a migration does.
OF_OTHERS = """
SELECT type, name, sql FROM sqlite_schema
WHERE type = 'view' OR type = 'trigger' AND tbl_name || ' trigger ' || name NOT IN (
    SELECT value FROM json_each(?)
)
ORDER BY rowid
"""


async def pending(database: Database) -> Sequence[str]:
    return _names(await database.read(_pending))


async def migrate(database: Database) -> Sequence[str]:
    return _names(await database.write(_run))


def _pending(db: Connection) -> Sequence[Migration]:
    waiting = migrations.pending(KNOWN, _recorded(db))
    if not waiting and (missing := _needed() - _parts(db)):
        lacking = ", ".join(sorted(missing))
        problem = f"sqlite: the schema was altered, it lacks: {lacking}"
        raise BadConfiguration([f"{problem}; restore it, or the file from a backup"])
    return waiting


def _run(db: Connection) -> Sequence[Migration]:
    waiting = _pending(db)
    others = _set_aside(db) if waiting else []
    for migration in waiting:
        try:
            _apply(db, migration)
        except sqlite3.Error as error:
            if is_passing(error):
                raise
            problem = f"sqlite: the migration {migration.name} failed ({error})"
            advice = "name a file that is new, or that only Scribes Auth has written"
            raise BadConfiguration([f"{problem}: {advice}"]) from error
    for definition in others:
        db.execute(definition)
    if not waiting:
        for put_right in REPAIRS.values():
            put_right(db)
    return waiting


def _set_aside(db: Connection) -> Sequence[str]:
    """Drop the views and triggers of operators; return what makes them again."""
    # With IF EXISTS: a view takes its triggers along.
    found = db.execute(OF_OTHERS, (json.dumps(list(_needed())),)).fetchall()
    for kind, called, _ in found:
        quoted = called.replace('"', '""')
        db.execute(f'DROP {kind} IF EXISTS "{quoted}"')
    return [definition for *_, definition in found]


def _apply(db: Connection, migration: Migration) -> None:
    db.execute(RECORDS)
    # Not executescript(): it would commit first, and let go of the lock.
    for statement in statements(migration.script):
        db.execute(statement)
    if put_right := REPAIRS.get(migration.name):
        put_right(db)
    db.execute(
        "INSERT INTO schema_migrations (name, checksum) VALUES (?, ?)",
        (migration.name, migration.checksum),
    )


def statements(script: str) -> Iterator[str]:
    """Part a script where SQLite itself sees the end of a statement."""
    statement = ""
    for piece in f"{script}\n".split(";"):
        statement += f"{piece};"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement:
        yield statement  # SQLite will say what is wrong with it


def _recorded(db: Connection) -> Recorded:
    if not db.execute(BEGUN).fetchall():
        return {}
    return dict(db.execute("SELECT name, checksum FROM schema_migrations"))


@cache
def _needed() -> frozenset[str]:
    """Return the parts of a schema that all migrations have made."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as model:
        for migration in KNOWN:
            _apply(model, migration)
        return _parts(model)


def _parts(db: Connection) -> frozenset[str]:
    return frozenset(part for (part,) in db.execute(FIND_PARTS))


def _names(found: Sequence[Migration]) -> Sequence[str]:
    return [migration.name for migration in found]
