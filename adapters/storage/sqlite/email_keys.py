"""The keys of addresses put right, in SQLite."""

from collections.abc import Collection
from sqlite3 import Connection

from adapters.storage.email_keys import Holder, plan

SUSPECTS = """
SELECT id, email, email_key, is_verified FROM users
WHERE length(email) <> length(CAST(email AS BLOB))
    OR length(email_key) <> length(CAST(email_key AS BLOB))
    OR email_key LIKE '%xn--%' OR email_key LIKE '% #%'
"""

MOVE = "UPDATE users SET email_key = ? WHERE id = ?"


def put_right(db: Connection) -> None:
    """Do so within the caller's transaction."""
    suspects = [_to_holder(*row) for row in db.execute(SUSPECTS)]
    others = _holders(db, {suspect.wanted for suspect in suspects})
    moves = plan({holder.user_id: holder for holder in (*suspects, *others)}.values())
    # First out of the way: a key may be wanted that another is only about to leave.
    db.executemany(MOVE, [(f" {user_id}", user_id) for user_id in moves])
    db.executemany(MOVE, [(key, user_id) for user_id, key in moves.items()])


def _holders(db: Connection, keys: Collection[str]) -> list[Holder]:
    query = "SELECT id, email, email_key, is_verified FROM users WHERE email_key = ?"
    return [_to_holder(*row) for key in keys for row in db.execute(query, (key,))]


def _to_holder(user_id: int, email: str, email_key: str, is_verified: int) -> Holder:
    return Holder(user_id, email, email_key, bool(is_verified))
