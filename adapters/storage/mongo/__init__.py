"""Storage in a MongoDB replica set; one member is enough."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from adapters.storage.mongo import purging, rights, schema
from adapters.storage.mongo.archive import MongoArchive
from adapters.storage.mongo.database import Database
from adapters.storage.mongo.events import MongoEvents
from adapters.storage.mongo.revocations import MongoRevocations
from adapters.storage.mongo.sessions import MongoSessions
from adapters.storage.mongo.statistics import MongoStatistics
from adapters.storage.mongo.tokens import MongoTokens
from adapters.storage.mongo.url import database_at
from adapters.storage.mongo.users import MongoUsers
from core.errors import NothingStored
from core.model import PoolUse
from core.ports import Pooled, Storage


@dataclass(frozen=True, slots=True)
class MongoStorage(Storage, Pooled):
    database: Database
    users: MongoUsers
    sessions: MongoSessions
    tokens: MongoTokens
    events: MongoEvents
    revocations: MongoRevocations
    statistics: MongoStatistics
    archive: MongoArchive

    @classmethod
    def from_url(cls, url: str) -> Self:
        return cls.on(database_at(url))

    @classmethod
    def on(cls, database: Database) -> Self:
        return cls(
            database,
            MongoUsers(database),
            MongoSessions(database),
            MongoTokens(database),
            MongoEvents(database),
            MongoRevocations(database),
            MongoStatistics(database),
            MongoArchive(database),
        )

    @property
    def pool(self) -> PoolUse:
        return self.database.connections.use

    async def open(self, *, create: bool = True) -> None:
        await self.database.open()
        if not create and not await schema.was_begun(self.database):
            await self.aclose()
            raise NothingStored(["mongodb: this database has nothing of ours"])

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
