"""
One migrated place for many tests, empty again for each.

That is as good as a new one, as ``test_emptied.py`` shows, and takes a tenth of the work.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import Any, TypeAlias

from pymongo import MongoClient

from adapters.storage.mongo import MongoStorage
from tests.adapters.migrating import migrated_by
from tests.adapters.postgres_world import console

Emptied: TypeAlias = Callable[[], str]
"""Empties the place, and returns the URL that leads to it."""

TABLES = """
SELECT string_agg(relname, ', ') FROM pg_class
WHERE relnamespace = current_schema()::regnamespace
    AND relkind = 'r' AND relname <> 'schema_migrations'
"""


@contextmanager
def kept_schema(url: str) -> Iterator[Emptied]:
    """Keep this schema of a PostgreSQL server."""
    migrated_by(url)
    with console(url) as operator:
        (tables,) = operator.execute(TABLES).fetchone() or ("",)

        def emptied() -> str:
            operator.execute(f"TRUNCATE {tables} RESTART IDENTITY")
            return url

        yield emptied


@contextmanager
def kept_database(url: str) -> Iterator[Emptied]:
    """Keep this database of a MongoDB server."""
    asyncio.run(_migrate(url))
    with MongoClient[dict[str, Any]](url) as client:
        database = client.get_default_database()
        collections = [database[name] for name in database.list_collection_names()]
        at_first = [list(collection.find()) for collection in collections]

        def emptied() -> str:
            for collection, documents in zip(collections, at_first, strict=True):
                collection.delete_many({})
                if documents:
                    collection.insert_many(documents)
            return url

        yield emptied


async def _migrate(url: str) -> None:
    async with aclosing(MongoStorage.from_url(url)) as storage:
        await storage.migrate()
