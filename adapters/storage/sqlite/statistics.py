"""Figures, in SQLite."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from adapters.storage.sqlite.database import Database
from adapters.storage.sqlite.rows import TALLY, to_text
from adapters.storage.statements import compose
from core.model import Tally, UserCounts
from core.ports import Statistics

# The index by hand: it has all that is asked for, and is a fraction of the table.
USERS = """
SELECT count(*), coalesce(sum(is_active), 0), coalesce(sum(is_verified), 0),
    coalesce(sum(is_active AND role = 'admin'), 0)
FROM users INDEXED BY users_flags
"""

LIVE_SESSIONS = """
SELECT count(*) FROM sessions INDEXED BY sessions_live
WHERE ended_at IS NULL AND expires_at > ?
"""

ADD = compose(
    "$insert ON CONFLICT (id) DO UPDATE SET amount = amount + excluded.amount",
    insert=TALLY.insert,
)

SINCE = compose(
    "SELECT $columns FROM tallies WHERE id >= ? ORDER BY id", columns=TALLY.columns
)


@dataclass(frozen=True, slots=True)
class SqliteStatistics(Statistics):
    database: Database

    async def users(self) -> UserCounts:
        ((total, active, verified, admins),) = await self.database.read(
            lambda db: db.execute(USERS).fetchall()
        )
        return UserCounts(total=total, active=active, verified=verified, admins=admins)

    async def live_sessions(self, at: datetime) -> int:
        ((live,),) = await self.database.read(
            lambda db: db.execute(LIVE_SESSIONS, (to_text(at),)).fetchall()
        )
        return int(live)

    async def add(self, tallies: Sequence[Tally]) -> None:
        rows = list(map(TALLY.values, tallies))
        await self.database.write(lambda db: db.executemany(ADD, rows))

    async def tallies(self, since: date) -> Sequence[Tally]:
        rows = await self.database.read(
            lambda db: db.execute(SINCE, (since.isoformat(),)).fetchall()
        )
        return list(map(TALLY.to_record, rows))
