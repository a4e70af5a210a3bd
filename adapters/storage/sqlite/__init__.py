"""Storage in one SQLite file: needs nothing but Python. For a single machine."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from adapters.storage.sqlite import schema
from adapters.storage.sqlite.archive import SqliteArchive
from adapters.storage.sqlite.database import Database
from adapters.storage.sqlite.events import SqliteEvents
from adapters.storage.sqlite.purging import purge
from adapters.storage.sqlite.revocations import SqliteRevocations
from adapters.storage.sqlite.sessions import SqliteSessions
from adapters.storage.sqlite.statistics import SqliteStatistics
from adapters.storage.sqlite.tokens import SqliteTokens
from adapters.storage.sqlite.users import SqliteUsers
from core.errors import BadConfiguration
from core.ports import Storage

LOGIN = re.compile(r"[^/]*:.*@")
"""What stands before a host, in the URL of a server."""


@dataclass(frozen=True, slots=True)
class SqliteStorage(Storage):
    database: Database
    users: SqliteUsers
    sessions: SqliteSessions
    tokens: SqliteTokens
    events: SqliteEvents
    revocations: SqliteRevocations
    statistics: SqliteStatistics
    archive: SqliteArchive

    @classmethod
    def from_url(cls, url: str) -> Self:
        return cls.on(Database(_path(url)))

    @classmethod
    def on(cls, database: Database) -> Self:
        return cls(
            database,
            SqliteUsers(database),
            SqliteSessions(database),
            SqliteTokens(database),
            SqliteEvents(database),
            SqliteRevocations(database),
            SqliteStatistics(database),
            SqliteArchive(database),
        )

    async def open(self, *, create: bool = True) -> None:
        await self.database.open(create=create)

    async def pending(self) -> Sequence[str]:
        return await schema.pending(self.database)

    async def migrate(self) -> Sequence[str]:
        return await schema.migrate(self.database)

    async def ping(self) -> None:
        await self.database.ping()

    async def missing_rights(self) -> Sequence[str]:
        # Of a file, all may be written or nothing: a ping tells.
        await self.ping()
        return ()

    async def purge(
        self, *, at: datetime, keep_events_since: datetime, limit: int
    ) -> int:
        return await purge(
            self.database, at=at, keep_events_since=keep_events_since, limit=limit
        )

    async def aclose(self) -> None:
        await self.database.aclose()


def _path(url: str) -> Path:
    path, _, query = url.removeprefix("sqlite:///").partition("?")
    problems = []
    if not url.startswith("sqlite:///") or not path:
        problems.append(
            "write sqlite:///relative/path.db or sqlite:////absolute/path.db"
        )
    elif LOGIN.match(path):
        problems.append("a file has no user, password or host: sqlite:///path.db")
    if path == ":memory:":
        problems.append("for a storage in memory write memory://")
    if query:
        names = ", ".join(part.partition("=")[0] for part in query.split("&"))
        problems.append(f"unknown parameters: {names}")
    if problems:
        raise BadConfiguration(problems)
    return Path(path)
