"""Figures, in Postgres."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from psycopg.rows import RowMaker

from adapters.storage.postgres.connection import (
    Connection,
    fetch,
    first,
    transaction,
)
from adapters.storage.postgres.database import Database
from adapters.storage.postgres.listing import BY_INDEX
from adapters.storage.postgres.rows import TALLY, as_one_value
from adapters.storage.statements import compose
from core.model import Tally, UserCounts
from core.ports import Statistics

T = TypeVar("T")

USERS = """
SELECT count(*), count(*) FILTER (WHERE is_active),
    count(*) FILTER (WHERE is_verified),
    count(*) FILTER (WHERE is_active AND role = 'admin')
FROM users
"""

LIVE_SESSIONS = """
SELECT count(*) FROM sessions WHERE ended_at IS NULL AND expires_at > %(at)s
"""

# In the order of their ids, so that no two callers wait for each other.
ADD = compose(
    """
INSERT INTO tallies ($columns)
SELECT id, sum(amount) FROM jsonb_populate_recordset(NULL::tallies, %(tallies)s)
GROUP BY id ORDER BY id
ON CONFLICT (id) DO UPDATE SET amount = tallies.amount + excluded.amount
RETURNING id
""",
    columns=TALLY.written,
)

SINCE = compose(
    "SELECT $columns FROM tallies WHERE id >= %(since)s ORDER BY id",
    columns=TALLY.columns,
)


@dataclass(frozen=True, slots=True)
class PostgresStatistics(Statistics):
    database: Database

    async def users(self) -> UserCounts:
        total, active, verified, admins = await self._count(tuple, USERS)
        return UserCounts(total=total, active=active, verified=verified, admins=admins)

    async def live_sessions(self, at: datetime) -> int:
        return int(await self._count(first, LIVE_SESSIONS, at=at))

    async def add(self, tallies: Sequence[Tally]) -> None:
        amounts = as_one_value(map(TALLY.values, tallies))
        await self.database.write(first, ADD, tallies=amounts)

    async def tallies(self, since: date) -> Sequence[Tally]:
        return await self.database.read(TALLY.to_record, SINCE, since=since.isoformat())

    async def _count(self, make: RowMaker[T], query: str, **values: object) -> T:
        async def work(connection: Connection) -> T:
            async with transaction(connection):
                await connection.execute(BY_INDEX)
                (counted,) = await fetch(connection, make, query, values)
            return counted

        return await self.database.run(work, repeat=True)
