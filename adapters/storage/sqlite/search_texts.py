"""The texts that users are found by, computed for those who have none, or none that is right."""

from sqlite3 import Connection

from core.model import searchable

MIGRATION = "0006_administration"

# What triggers make of ASCII is right.
PUT_RIGHT = """
UPDATE users SET search_text = searchable(
    email || char(10) || username || char(10) || coalesce(full_name, '')
)
WHERE search_text IS NULL
    OR length(search_text) <> length(CAST(search_text AS BLOB))
    AND search_text <> searchable(search_text)
"""


def put_right(db: Connection) -> None:
    """Do so within the caller's transaction."""
    db.create_function("searchable", 1, searchable, deterministic=True)
    db.execute(PUT_RIGHT)
