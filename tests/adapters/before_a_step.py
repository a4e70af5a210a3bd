"""SQL storages as an older version left them: migrated up to a step, and no further."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TypeAlias

from adapters.storage.migrations import Migration
from adapters.storage.postgres import schema as of_postgres
from adapters.storage.sqlite import schema as of_sqlite
from core.model import User
from tests.adapters.postgres_world import console

Console: TypeAlias = Callable[[str], object]
"""What runs statements that do without parameters."""


@contextmanager
def console_at(url: str) -> Iterator[Console]:
    """Yield what an operator of this database has."""
    if url.startswith("sqlite"):
        path = url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            yield db.executescript
    else:
        with console(url) as operator:
            yield operator.execute


def migrate_up_to(step: str, url: str, run: Console) -> None:
    """Make the schema as those know it who came before the step."""
    of = of_sqlite if url.startswith("sqlite") else of_postgres
    run(of.RECORDS)
    known: Sequence[Migration] = of.KNOWN
    for migration in known:
        if migration.name < step:
            run(f"BEGIN; {migration.script}; COMMIT")
            run(
                "INSERT INTO schema_migrations (name, checksum)"  # noqa: S608
                f" VALUES ('{migration.name}', '{migration.checksum}')"
            )


def registered(user: User) -> str:
    """Return the statement by which versions before that of stamps add a user."""
    full_name = f"'{user.full_name}'" if user.full_name else "NULL"
    at = user.created_at.isoformat(timespec="milliseconds")
    return f"""
INSERT INTO users (email, email_key, username, username_key, full_name, password_hash,
    role, is_active, is_verified, created_at, updated_at)
VALUES ('{user.email}', '{user.email_key}', '{user.username}', '{user.username_key}',
    {full_name}, 'hash', '{user.role}', TRUE, {user.is_verified}, '{at}', '{at}')
"""  # noqa: S608 - names of tests
