"""Makes the tables, once."""

import sqlite3
from pathlib import Path
from sqlite3 import Connection

from core.errors import BadConfiguration

VERSION = 1

OLDEST_SQLITE = (3, 37, 0)
"""The first with STRICT tables."""

SCRIPT = Path(__file__).with_name("schema.sql")


def prepare(connection: Connection) -> None:
    """Bring the schema to ``VERSION``, within a transaction of the caller's."""
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise BadConfiguration(
            [f"sqlite: 3.37 or newer is needed, Python has {sqlite3.sqlite_version}"]
        )
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        known = (
            f"sqlite: the database has schema {version}, this program knows {VERSION}"
        )
        raise BadConfiguration(
            [f"{known}: run the Scribes Auth that wrote it, or newer"]
        )
    if version == 0:
        _create(connection)


def _create(connection: Connection) -> None:
    # Not executescript(): it would commit first, and let go of the lock.
    for statement in SCRIPT.read_text(encoding="utf-8").split(";\n\n"):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")
