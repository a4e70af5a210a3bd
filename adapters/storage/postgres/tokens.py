"""Mailed tokens, in Postgres."""

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.storage.postgres.connection import first
from adapters.storage.postgres.database import Database
from adapters.storage.postgres.events import recording
from adapters.storage.postgres.rows import TOKEN, from_events, from_token, to_token
from core.model import OneTimeToken, TokenId
from core.model.events import Event
from core.ports import OneTimeTokens

ISSUE = f"""
WITH owner AS (SELECT id FROM users WHERE id = %(user_id)s FOR KEY SHARE),
told AS ({recording("owner")})
INSERT INTO one_time_tokens ({TOKEN})
SELECT %(id)s, id, %(purpose)s, %(expires_at)s, %(spent_at)s FROM owner
ON CONFLICT (user_id, purpose) DO UPDATE
    SET id = excluded.id, expires_at = excluded.expires_at, spent_at = excluded.spent_at
RETURNING id
"""  # noqa: S608 - a statement of ours


@dataclass(frozen=True, slots=True)
class PostgresTokens(OneTimeTokens):
    database: Database

    async def issue(self, token: OneTimeToken, *, events: Sequence[Event]) -> None:
        values = {**from_token(token), "events": from_events(events)}
        await self.database.write(first, ISSUE, **values)

    async def get(self, token_id: TokenId) -> OneTimeToken | None:
        found = await self.database.read(
            to_token,
            f"SELECT {TOKEN} FROM one_time_tokens WHERE id = %(id)s",  # noqa: S608 - columns
            id=token_id,
        )
        return found[0] if found else None
