import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from adapters.storage.postgres import PostgresStorage
from adapters.storage.postgres.connection import fetch, first
from core.errors import BadConfiguration
from core.model import RecordKind
from tests.adapters.postgres_world import (
    LOCK_USERS,
    console,
    every_call,
    is_back,
    is_unavailable,
    opened,
    opened_patiently,
)
from tests.contract.storage import StorageContract
from tests.contract.storage_records import add, an_event, history, log_in, seen, stored
from tests.servers.existing import ExistingServer
from tests.servers.pgbouncer import PgBouncer
from tests.servers.postgres import PostgresServer, with_option

POOLED = [pytest.param("session", marks=pytest.mark.soak), "transaction"]
"""Who keeps a session until it leaves has what PostgreSQL gives; one that is lent for a
transaction at a time may lack something, and is asked for every law each time."""

PREPARED = "SELECT count(*) FROM pg_prepared_statements"
HOSTILE = {
    "timezone": "'Asia/Kathmandu'",
    "default_transaction_isolation": "'serializable'",
    "default_transaction_deferrable": "on",
}
"""What somebody else's applications on this database may want."""


@pytest.fixture(scope="module", params=["session", "transaction"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def bouncer(mode: str, own_postgres: PostgresServer) -> Iterator[PgBouncer]:
    """Yield one that a test may break if it mends it again."""
    # Else it would try again only 15 seconds after a server was away.
    retry = {"server_login_retry": "0.1"}
    pooler = PgBouncer(own_postgres.url, pool_mode=mode, **retry).start()
    yield pooler
    pooler.stop()


@pytest.fixture
def url(bouncer: PgBouncer, own_postgres_url: str) -> str:
    return bouncer.before(own_postgres_url)


@pytest.fixture
async def storage(url: str) -> AsyncIterator[PostgresStorage]:
    async with opened(url) as storage:
        yield storage


@pytest.fixture
def crowded(
    postgres_server: PostgresServer | ExistingServer,
) -> Iterator[PgBouncer]:
    """Yield one that lends fewer sessions than there are clients."""
    pooler = PgBouncer(
        postgres_server.url, pool_mode="transaction", default_pool_size="2"
    ).start()
    yield pooler
    pooler.stop()


@pytest.fixture(scope="module", params=POOLED)
def whole(
    request: pytest.FixtureRequest, postgres_server: PostgresServer | ExistingServer
) -> Iterator[PgBouncer]:
    """Yield one before a server that nobody breaks."""
    pooler = PgBouncer(postgres_server.url, pool_mode=request.param).start()
    yield pooler
    pooler.stop()


class TestPostgresStorageBehindPgBouncer(StorageContract):
    @pytest.fixture
    async def subject(
        self, whole: PgBouncer, migrated_postgres_url: str
    ) -> AsyncIterator[PostgresStorage]:
        url = whole.before(migrated_postgres_url)
        async with opened_patiently(url) as storage:
            yield storage


async def test_clients_take_turns_in_sessions_that_others_have_used(
    crowded: PgBouncer, migrated_postgres_url: str
) -> None:
    lent = crowded.before(migrated_postgres_url)
    async with opened_patiently(lent) as one, opened_patiently(lent) as two:
        both = (one, two)

        async def live(number: int) -> None:
            user = await add(both[number % 2], f"user{number}")
            for turn in range(12):
                storage = both[(number + turn) % 2]
                session = await log_in(storage, user)
                assert session == await stored(storage, session.id)
                assert seen(user) == await storage.users.get(user.id)

        await asyncio.gather(*(live(number) for number in range(10)))
        assert 10 == await one.archive.count(RecordKind.USERS)


async def test_what_is_stored_is_found_in_its_schema_without_making_anything(
    storage: PostgresStorage, url: str
) -> None:
    user = await add(storage)
    source = PostgresStorage.from_url(url)

    await source.open(create=False)

    assert user == await source.users.get(user.id)
    await source.aclose()


async def test_nothing_stays_in_a_session_for_whoever_has_it_next(
    crowded: PgBouncer, migrated_postgres_url: str
) -> None:
    names = ("statement_timeout", "idle_in_transaction_session_timeout", "search_path")
    with console(crowded.url) as other:
        before = [other.execute(f"SHOW {name}").fetchone() for name in names]

    async with opened_patiently(crowded.before(migrated_postgres_url)) as storage:
        for number in range(10):
            await log_in(storage, await add(storage, f"user{number}"))
        await storage.pending()
        await history(storage)

        with console(crowded.url) as other:
            after = [other.execute(f"SHOW {name}").fetchone() for name in names]
            prepared = other.execute(PREPARED).fetchone()
    assert before == after
    assert (0,) == prepared


async def test_who_connects_directly_prepares_statements(own_postgres_url: str) -> None:
    async with opened(f"{own_postgres_url}&pool_size=1") as storage:
        for _ in range(10):
            await storage.users.get(1)

        prepared = await storage.database.run(
            lambda connection: fetch(connection, first, PREPARED, {})
        )

    assert [0] != prepared


async def test_defaults_of_the_database_change_nothing(
    mode: str, own_postgres: PostgresServer, own_postgres_url: str
) -> None:
    with ExitStack() as ends:
        operator = ends.enter_context(console(own_postgres.url))
        for name, value in HOSTILE.items():
            operator.execute(f"ALTER DATABASE postgres SET {name} = {value}")
            ends.callback(operator.execute, f"ALTER DATABASE postgres RESET {name}")
        pooler = PgBouncer(own_postgres.url, pool_mode=mode).start()
        ends.callback(pooler.stop)
        for url in (own_postgres_url, pooler.before(own_postgres_url)):
            async with opened(url) as storage:
                user = await add(storage, f"user{urlsplit(url).port}")
                session = await log_in(storage, user)
                found = await storage.users.get(user.id)

                assert found
                assert {timedelta()} == {
                    found.created_at.utcoffset(),
                    found.updated_at.utcoffset(),
                    (await stored(storage, session.id)).expires_at.utcoffset(),
                }
                levels = await storage.database.read(
                    first, "SELECT current_setting('transaction_isolation')"
                )
                assert ["read committed"] == levels


async def test_a_slow_statement_is_given_up_by_the_server(
    storage: PostgresStorage, own_postgres_url: str
) -> None:
    user = await add(storage)

    with console(own_postgres_url) as operator:
        operator.execute(LOCK_USERS)
        waiting = (is_unavailable(storage.users.get(user.id)) for _ in range(9))
        gone = await asyncio.gather(*waiting)
        (still_there,) = operator.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        ).fetchone() or (None,)

    assert {True} == set(gone)
    assert 0 == still_there
    assert user == await storage.users.get(user.id)


async def test_a_server_that_crashes_is_unavailable_until_it_is_back(
    storage: PostgresStorage, own_postgres: PostgresServer
) -> None:
    event = an_event()
    await storage.events.append([event])

    await asyncio.to_thread(own_postgres.kill)
    down = await asyncio.gather(*(is_unavailable(c()) for c in every_call(storage)))
    await asyncio.to_thread(own_postgres.start)
    await is_back(storage)

    assert {True} == set(down)
    assert [event] == await history(storage)
    assert 1 == (await add(storage)).id


async def test_a_pooler_that_restarts_is_not_noticed(
    storage: PostgresStorage, bouncer: PgBouncer
) -> None:
    user = await add(storage)

    await asyncio.to_thread(bouncer.kill)
    down = await asyncio.gather(*(is_unavailable(c()) for c in every_call(storage)))
    await asyncio.to_thread(bouncer.start)
    await is_back(storage)

    assert {True} == set(down)
    assert user == await storage.users.get(user.id)


async def test_a_database_that_became_read_only_is_unavailable(
    storage: PostgresStorage, own_postgres: PostgresServer
) -> None:
    end = "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
    setting = "ALTER DATABASE postgres SET default_transaction_read_only"
    with console(own_postgres.url) as operator:
        operator.execute(f"{setting} = on")
        operator.execute(end)
        pinged = await is_unavailable(storage.ping())
        added = await is_unavailable(add(storage))
        operator.execute("SET default_transaction_read_only = off")
        operator.execute(f"{setting} = off")
        operator.execute(end)
    await is_back(storage)

    assert pinged
    assert added
    assert 1 == (await add(storage)).id


@pytest.mark.parametrize("setting", ["no_such_thing", "max_connections", "work_mem"])
async def test_a_setting_that_cant_be_set_is_the_operators_to_mend(
    bouncer: PgBouncer, own_postgres_url: str, setting: str
) -> None:
    url = with_option(bouncer.before(own_postgres_url), setting, "a-few")

    with pytest.raises(BadConfiguration, match=setting):
        await PostgresStorage.from_url(url).open()


@pytest.mark.parametrize(
    ("old", "new"),
    [(":test@", ":wrong@"), ("//postgres:", "//who:"), ("/postgres", "/no")],
)
async def test_a_log_in_that_the_pooler_refuses_is_the_operators_to_mend(
    bouncer: PgBouncer, old: str, new: str
) -> None:
    with pytest.raises(BadConfiguration):
        await PostgresStorage.from_url(bouncer.url.replace(old, new)).open()


async def test_nobody_waits_long_where_too_few_sessions_are_lent(
    own_postgres: PostgresServer, own_postgres_url: str
) -> None:
    pooler = PgBouncer(
        own_postgres.url, pool_mode="session", default_pool_size="1"
    ).start()
    late = PostgresStorage.from_url(pooler.before(own_postgres_url))

    with console(pooler.url) as holder:
        holder.execute("SELECT 1")
        assert await is_unavailable(late.open())
        assert await is_unavailable(late.migrate())
    await late.migrate()
    await late.aclose()
    pooler.stop()


def test_it_is_the_real_one(bouncer: PgBouncer) -> None:
    major, minor, *_ = map(int, bouncer.version.split("."))

    assert (1, 18) <= (major, minor)
