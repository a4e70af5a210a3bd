"""Storage in PostgreSQL, for any number of processes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from adapters.storage.postgres import purging, rights, schema
from adapters.storage.postgres.archive import PostgresArchive
from adapters.storage.postgres.database import Database
from adapters.storage.postgres.events import PostgresEvents
from adapters.storage.postgres.refreshes import Refreshes
from adapters.storage.postgres.revocations import PostgresRevocations
from adapters.storage.postgres.sessions import PostgresSessions
from adapters.storage.postgres.statistics import PostgresStatistics
from adapters.storage.postgres.tokens import PostgresTokens
from adapters.storage.postgres.url import read
from adapters.storage.postgres.users import PostgresUsers
from core.errors import NothingStored
from core.model import PoolUse
from core.ports import Pooled, Storage

NOTHING = "postgres: this database has nothing of ours, or its user may not look into the schema"


@dataclass(frozen=True, slots=True)
class PostgresStorage(Storage, Pooled):
    database: Database
    users: PostgresUsers
    sessions: PostgresSessions
    tokens: PostgresTokens
    events: PostgresEvents
    revocations: PostgresRevocations
    statistics: PostgresStatistics
    archive: PostgresArchive

    @classmethod
    def from_url(cls, url: str) -> Self:
        return cls.on(Database(read(url)))

    @classmethod
    def on(cls, database: Database) -> Self:
        return cls(
            database,
            PostgresUsers(database),
            PostgresSessions(database, Refreshes(database)),
            PostgresTokens(database),
            PostgresEvents(database),
            PostgresRevocations(database),
            PostgresStatistics(database),
            PostgresArchive(database),
        )

    @property
    def pool(self) -> PoolUse:
        return self.database.pool

    async def open(self, *, create: bool = True) -> None:
        await self.database.open()
        if not create and not await schema.was_begun(self.database):
            await self.aclose()
            raise NothingStored([NOTHING])

    async def pending(self) -> Sequence[str]:
        return await schema.pending(self.database)

    async def migrate(self) -> Sequence[str]:
        return await schema.migrate(self.database)

    async def ping(self) -> None:
        await self.database.ping()

    async def missing_rights(self) -> Sequence[str]:
        return await rights.missing(self.database)

    async def purge(
        self, *, at: datetime, keep_events_since: datetime, limit: int
    ) -> int:
        return await purging.purge(
            self.database, at=at, keep_events_since=keep_events_since, limit=limit
        )

    async def aclose(self) -> None:
        await self.database.aclose()
