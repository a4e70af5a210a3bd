"""Mailed tokens, in SQLite."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from sqlite3 import Connection

from adapters.storage.sqlite.database import Database
from adapters.storage.sqlite.events import record
from adapters.storage.sqlite.rows import TOKEN, to_text
from adapters.storage.statements import compose
from core.model import OneTimeToken, Purpose, TokenId, UserId
from core.model.events import Event
from core.ports import OneTimeTokens

INSERT = TOKEN.insert

BY_ID = compose(
    "SELECT $columns FROM one_time_tokens WHERE id = ?", columns=TOKEN.columns
)

OF_USER = compose(
    "SELECT $columns FROM one_time_tokens WHERE user_id = ? ORDER BY purpose",
    columns=TOKEN.columns,
)


@dataclass(frozen=True, slots=True)
class SqliteTokens(OneTimeTokens):
    database: Database

    async def issue(self, token: OneTimeToken, *, events: Sequence[Event]) -> None:
        def change(db: Connection) -> None:
            owner = "SELECT 1 FROM users WHERE id = ?"
            if not db.execute(owner, (token.user_id,)).fetchall():
                return
            void(db, token.user_id, token.purpose)
            store(db, token)
            record(db, events)

        await self.database.write(change)

    async def get(self, token_id: TokenId) -> OneTimeToken | None:
        row = await self.database.read(
            lambda db: db.execute(BY_ID, (token_id,)).fetchone()
        )
        return TOKEN.to_record(row) if row else None

    async def of_user(self, user_id: UserId) -> Sequence[OneTimeToken]:
        rows = await self.database.read(
            lambda db: db.execute(OF_USER, (user_id,)).fetchall()
        )
        return list(map(TOKEN.to_record, rows))


def store(db: Connection, token: OneTimeToken) -> None:
    db.execute(INSERT, TOKEN.values(token))


def void(db: Connection, user_id: UserId, purpose: Purpose) -> None:
    db.execute(
        "DELETE FROM one_time_tokens WHERE user_id = ? AND purpose = ?",
        (user_id, purpose),
    )


def spend(
    db: Connection, token_id: TokenId, purpose: Purpose, at: datetime
) -> UserId | None:
    """Mark the token spent; return whose it is, None if it was not to be spent."""
    spent = db.execute(
        "UPDATE one_time_tokens SET spent_at = :at WHERE id = :id AND"
        " purpose = :purpose AND expires_at > :at AND spent_at IS NULL"
        " RETURNING user_id",
        {"id": token_id, "purpose": purpose, "at": to_text(at)},
    ).fetchall()
    return spent[0][0] if spent else None
