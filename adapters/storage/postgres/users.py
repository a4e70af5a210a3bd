"""Accounts, in Postgres."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from psycopg.rows import RowMaker

from adapters.storage.postgres import administration, user_search
from adapters.storage.postgres.connection import (
    Connection,
    Values,
    ask,
    fetch,
    first,
    transaction,
)
from adapters.storage.postgres.database import Database
from adapters.storage.postgres.events import record
from adapters.storage.postgres.listing import look
from adapters.storage.postgres.rows import (
    ACCOUNT,
    NEW_ACCOUNT,
    SESSION,
    TOKEN,
    USER,
    as_one_value,
    from_events,
)
from adapters.storage.postgres.sessions import ALL, END_ALL, STORE
from adapters.storage.postgres.user_statements import (
    ACCOUNT_BY_EMAIL,
    ACCOUNT_BY_ID,
    ADD,
    BY_EMAIL,
    BY_ID,
    CHANGE_PASSWORD,
    KEEP_STAMP,
    LOCK_NAMES,
    LOCK_OWNER,
    LOCK_REJECTED,
    REPLACE_HASH,
    RESET_PASSWORD,
    UNVERIFIED,
    VERIFY_EMAIL,
    VOID,
)
from core.errors import EmailTaken, UsernameTaken
from core.model import (
    VOIDED_BY_RESET,
    Account,
    Credentials,
    EndReason,
    Found,
    OneTimeToken,
    Place,
    Purpose,
    Session,
    SessionId,
    TokenId,
    User,
    UserChange,
    UserFilter,
    UserId,
    UserOrder,
)
from core.model.events import Event
from core.ports import UserRepository

T = TypeVar("T")


class _NothingToRenew(Exception):
    """The session has ended: what was done until then is taken back."""


@dataclass(frozen=True, slots=True)
class PostgresUsers(UserRepository):
    database: Database

    async def add(
        self,
        user: User,
        credentials: Credentials,
        *,
        token: OneTimeToken | None,
        events: Sequence[Event],
    ) -> User:
        values = {
            **NEW_ACCOUNT.values(Account(user, credentials)),
            "tokens": as_one_value([TOKEN.values(token)] if token else []),
            "events": from_events(events),
        }

        async def work(connection: Connection) -> User:
            async with transaction(connection):
                await connection.execute(LOCK_NAMES, values)
                added = connection.cursor(row_factory=lambda _: USER.to_record)
                await added.execute(ADD, values)
            if user := await added.fetchone():
                return user
            raise await _clash(connection, values)

        return await self.database.run(work)

    async def get(self, user_id: UserId) -> User | None:
        return await self._find(USER.to_record, BY_ID, user_id)

    async def by_email(self, email_key: str) -> User | None:
        return await self._find(USER.to_record, BY_EMAIL, email_key)

    async def account(self, user_id: UserId) -> Account | None:
        return await self._find(ACCOUNT.to_record, ACCOUNT_BY_ID, user_id)

    async def account_by_email(self, email_key: str) -> Account | None:
        return await self._find(ACCOUNT.to_record, ACCOUNT_BY_EMAIL, email_key)

    async def find(
        self,
        wanted: UserFilter,
        order: UserOrder,
        *,
        after: Place | None,
        limit: int,
        count_to: int,
    ) -> Found[User]:
        return await look(
            self.database,
            user_search.listing(wanted),
            user_search.order(order),
            after=after,
            limit=limit,
            count_to=count_to,
        )

    async def change(
        self, change: UserChange, *, events: Sequence[Event]
    ) -> User | None:
        return await self.database.run(
            lambda it: administration.change(it, change, events)
        )

    async def remove(
        self, user_id: UserId, *, stamp: int | None, events: Sequence[Event]
    ) -> bool:
        return await self.database.run(
            lambda it: administration.remove(it, user_id, stamp, events)
        )

    async def verify_email(
        self, token_id: TokenId, *, at: datetime, events: Sequence[Event]
    ) -> User | None:
        values = {
            "token_id": token_id,
            "purpose": Purpose.VERIFY_EMAIL,
            "at": at,
            "events": from_events(events),
        }

        async def work(connection: Connection) -> User | None:
            async with transaction(connection):
                await connection.execute(LOCK_OWNER, values)
                verified = await fetch(connection, USER.to_record, VERIFY_EMAIL, values)
            return verified[0] if verified else None

        return await self.database.run(work)

    async def remove_unverified(
        self, token_id: TokenId, *, at: datetime, events: Sequence[Event]
    ) -> bool:
        values = {"token_id": token_id, "purpose": Purpose.VERIFY_EMAIL, "at": at}

        async def work(connection: Connection) -> bool:
            async with transaction(connection):
                await connection.execute(LOCK_REJECTED, values)
                found = await fetch(connection, first, UNVERIFIED, values)
                if not found:
                    return False
                whom = {"user_id": found[0], "id": found[0]}
                for statement in administration.REMOVAL:
                    await connection.execute(statement, whom)
                await record(connection, events)
                return True

        return await self.database.run(work)

    async def reset_password(
        self,
        token_id: TokenId,
        *,
        purpose: Purpose,
        new_hash: str,
        at: datetime,
        events: Sequence[Event],
    ) -> User | None:
        values = {
            "token_id": token_id,
            "purpose": purpose,
            "void": list(VOIDED_BY_RESET),
            "new_hash": new_hash,
            "at": at,
        }

        async def work(connection: Connection) -> User | None:
            async with transaction(connection):
                await connection.execute(LOCK_OWNER, values)
                reset = await fetch(connection, USER.to_record, RESET_PASSWORD, values)
                if not reset:
                    return None
                why = {"reason": EndReason.PASSWORD_RESET, "at": at}
                ending = ALL | why | {"user_id": reset[0].id}
                await connection.execute(END_ALL, ending)
                await record(connection, events)
                return reset[0]

        return await self.database.run(work)

    async def change_password(  # noqa: PLR0913 - the port's
        self,
        user_id: UserId,
        *,
        stamp: int,
        new_hash: str,
        renews: SessionId,
        successor: Session,
        at: datetime,
        events: Sequence[Event],
    ) -> bool:
        values = ALL | {
            "user_id": user_id,
            "stamp": stamp,
            "new_hash": new_hash,
            "at": at,
            "reason": EndReason.PASSWORD_CHANGED,
        }

        async def work(connection: Connection) -> bool:
            async with transaction(connection):
                if not await fetch(connection, first, CHANGE_PASSWORD, values):
                    return False
                # A statement of its own: it sees the session that we waited for.
                if renews not in await fetch(connection, first, END_ALL, values):
                    raise _NothingToRenew
                await connection.execute(
                    VOID, values | {"purpose": Purpose.CHANGE_EMAIL}
                )
                await connection.execute(STORE, SESSION.values(successor))
                await record(connection, events)
                return True

        try:
            return await self.database.run(work)
        except _NothingToRenew:
            return False

    async def replace_hash(
        self, user_id: UserId, *, stamp: int, old_hash: str, new_hash: str
    ) -> bool:
        values = {
            "user_id": user_id,
            "stamp": stamp,
            "old_hash": old_hash,
            "new_hash": new_hash,
        }

        async def work(connection: Connection) -> bool:
            async with transaction(connection):
                if not await fetch(connection, first, REPLACE_HASH, values):
                    return False
                await connection.execute(KEEP_STAMP, values)
                return True

        return await self.database.run(work)

    async def _find(self, make: RowMaker[T], query: str, key: str | int) -> T | None:
        found = await self.database.read(make, query, key=key)
        return found[0] if found else None


async def _clash(connection: Connection, values: Values) -> EmailTaken | UsernameTaken:
    same_email = await ask(
        connection,
        first,
        "SELECT id FROM users WHERE email_key = %(email_key)s",
        values,
    )
    return EmailTaken() if same_email else UsernameTaken()
