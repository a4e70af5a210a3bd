"""Mailed tokens, in Postgres."""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.storage.postgres.connection import first
from adapters.storage.postgres.database import Database
from adapters.storage.postgres.events import recording
from adapters.storage.postgres.rows import TOKEN, from_events
from adapters.storage.statements import compose, name
from core.model import OneTimeToken, TokenId, UserId
from core.model.events import Event
from core.ports import OneTimeTokens

ISSUE = compose(
    """
WITH owner AS (SELECT id FROM users WHERE id = %(user_id)s FOR KEY SHARE),
told AS ($recording)
INSERT INTO one_time_tokens ($columns) SELECT $parameters FROM owner
$replacing RETURNING one_time_tokens.id
""",
    recording=recording("owner"),
    columns=TOKEN.written,
    parameters=TOKEN.parameters(user_id=name("owner.id")),
    replacing=TOKEN.replacing("user_id, purpose"),
)

BY_ID = compose(
    "SELECT $columns FROM one_time_tokens WHERE id = %(id)s", columns=TOKEN.columns
)

OF_USER = compose(
    """
SELECT $columns FROM one_time_tokens
WHERE user_id = %(user_id)s ORDER BY purpose COLLATE "C"
""",
    columns=TOKEN.columns,
)


@dataclass(frozen=True, slots=True)
class PostgresTokens(OneTimeTokens):
    database: Database

    async def issue(self, token: OneTimeToken, *, events: Sequence[Event]) -> None:
        values = {**TOKEN.values(token), "events": from_events(events)}
        await self.database.write(first, ISSUE, **values)

    async def get(self, token_id: TokenId) -> OneTimeToken | None:
        found = await self.database.read(TOKEN.to_record, BY_ID, id=token_id)
        return found[0] if found else None

    async def of_user(self, user_id: UserId) -> Sequence[OneTimeToken]:
        return await self.database.read(TOKEN.to_record, OF_USER, user_id=user_id)
