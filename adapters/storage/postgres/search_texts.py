"""What users are found by, where others than this program stored them, in Postgres."""

from adapters.storage.codecs import Row
from adapters.storage.postgres.connection import Connection, fetch
from adapters.storage.records import LEAST
from core.model import UserId
from core.model.users import searchable

MIGRATION = "0006_administration"

BATCH = 5_000

ROUGH = """
SELECT id, email, username, full_name FROM users
WHERE id > %(after)s AND starts_with(search_text, chr(10)) ORDER BY id LIMIT %(limit)s
"""

PUT_RIGHT = """
UPDATE users SET search_text = texts.search_text
FROM unnest(%(user_ids)s::bigint[], %(texts)s::text[]) AS texts (user_id, search_text)
WHERE users.id = texts.user_id AND starts_with(users.search_text, chr(10))
"""


async def put_right(connection: Connection) -> None:
    """Do so within the caller's transaction."""
    after: UserId = LEAST
    while rows := await fetch(
        connection, tuple, ROUGH, {"after": after, "limit": BATCH}
    ):
        texts = {user_id: _text_of(names) for user_id, *names in rows}
        values = {"user_ids": list(texts), "texts": list(texts.values())}
        await connection.execute(PUT_RIGHT, values)
        after = max(texts)


def _text_of(names: Row) -> str:
    return searchable("\n".join(name or "" for name in names))
