"""The keys of addresses put right, in Postgres."""

from adapters.storage.codecs import Row
from adapters.storage.email_keys import Holder, plan
from adapters.storage.postgres.connection import Connection, fetch

SUSPECTS = """
SELECT id, email, email_key, is_verified FROM users
WHERE octet_length(email) <> char_length(email)
    OR octet_length(email_key) <> char_length(email_key)
    OR email_key LIKE '%%xn--%%' OR email_key LIKE '%% #%%'
"""

HOLDERS = """
SELECT id, email, email_key, is_verified FROM users WHERE email_key = ANY(%(keys)s)
"""

MOVE = """
UPDATE users SET email_key = moves.key
FROM unnest(%(user_ids)s::bigint[], %(keys)s::text[]) AS moves (user_id, key)
WHERE users.id = moves.user_id
"""


async def put_right(connection: Connection) -> None:
    """Do so within the caller's transaction."""
    suspects = await fetch(connection, _to_holder, SUSPECTS, {})
    wanted = {"keys": [suspect.wanted for suspect in suspects]}
    others = await fetch(connection, _to_holder, HOLDERS, wanted)
    moves = plan({holder.user_id: holder for holder in (*suspects, *others)}.values())
    if not moves:
        return
    # First out of the way: a key may be wanted that another is only about to leave.
    aside = [f" {user_id}" for user_id in moves]
    for keys in (aside, list(moves.values())):
        await connection.execute(MOVE, {"user_ids": list(moves), "keys": keys})


def _to_holder(row: Row) -> Holder:
    return Holder(*row)
