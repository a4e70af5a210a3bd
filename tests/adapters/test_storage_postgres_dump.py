"""What pg_dump writes, psql restores: another database is as the first was."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from core.model import UserFilter, UserOrder
from tests.adapters.postgres_world import console, opened, run_client
from tests.contract.storage_records import add, an_event, history, log_in, seen
from tests.servers.postgres import PostgresServer

NAMES = ("Ada Lovelace", "Εὐκλείδης", "花子 \\' ")


@pytest.fixture
def databases(own_postgres: PostgresServer) -> Iterator[list[str]]:
    names = [f"dump_{uuid4().hex}" for _ in range(2)]
    with console(own_postgres.url) as operator:
        for name in names:
            operator.execute(f"CREATE DATABASE {name}")
    yield [own_postgres.url.removesuffix("postgres") + name for name in names]
    with console(own_postgres.url) as operator:
        for name in names:
            operator.execute(f"DROP DATABASE {name}")


async def test_what_is_dumped_and_restored_is_all_there_and_found_by_its_indexes(
    own_postgres: PostgresServer, databases: list[str]
) -> None:
    source, target = databases
    async with opened(source) as storage:
        users = [
            await add(storage, f"user{number}", full_name=name)
            for number, name in enumerate(NAMES)
        ]
        session = await log_in(storage, users[0])
        event = an_event(actor="1", address="192.0.2.1", data={"a": 1})
        await storage.events.append([event])

    dump = run_client(own_postgres, "pg_dump", "--dbname", source)
    run_client(
        own_postgres, "psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", target, give=dump
    )

    async with opened(target) as storage:
        assert [] == await storage.pending()
        found = await storage.sessions.identities([session.id])
        assert seen(users[0]) == found[session.id].user
        assert [event] == await history(storage)
        for user in users[1:]:
            wanted = UserFilter(text=(user.full_name or "").lower())
            page = await storage.users.find(
                wanted, UserOrder(), after=None, limit=9, count_to=9
            )
            assert [user] == page.records
        assert len(users) + 1 == (await add(storage, "bob")).id
