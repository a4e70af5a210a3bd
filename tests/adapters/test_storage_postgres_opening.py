import logging
from urllib.parse import quote, urlsplit

import pytest

from adapters.storage.postgres import PostgresStorage
from adapters.storage.postgres.url import read
from core.errors import BadConfiguration
from tests.adapters.postgres_world import (
    console,
    is_unavailable,
    opened,
    proxy_before,
)
from tests.contract.storage_records import add
from tests.servers import LOOPBACK
from tests.servers.black_hole import black_hole
from tests.servers.existing import ExistingServer
from tests.servers.postgres import PostgresServer, with_option

PASSWORD = "s3cr3t-w0rd"


@pytest.mark.parametrize(
    "scheme",
    ["postgresql", "postgres", "postgresql+asyncpg", "postgresql+psycopg2"],
)
def test_any_drivers_url_is_read(scheme: str) -> None:
    address = read(f"{scheme}://ada:p%40ss@db.example.com:6543/auth")

    expected = {
        "user": "ada",
        "password": "p@ss",
        "host": "db.example.com",
        "port": "6543",
        "dbname": "auth",
    }
    assert expected == address.parameters
    assert "p@ss" not in repr(address)


def test_the_drivers_own_parameters_pass_through() -> None:
    address = read(
        "postgresql://one,two:5433/auth?sslmode=verify-full&connect_timeout=7"
        "&target_session_attrs=read-write&options=-c%20geqo%3Doff&pool_size=3"
    )

    expected = {
        "host": "one,two",
        "port": ",5433",
        "dbname": "auth",
        "sslmode": "verify-full",
        "connect_timeout": "7",
        "target_session_attrs": "read-write",
    }
    assert expected == address.parameters
    assert {"geqo": "off"} == address.settings
    assert 3 == address.pool_size


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        ("-c a=1 -cb=2 --work-mem=4MB", {"a": "1", "b": "2", "work_mem": "4MB"}),
        (r"-c a=one\ word  -c b=\\", {"a": "one word", "b": "\\"}),
        (
            "-c search_path=auth,public -c my.own=",
            {"search_path": "auth,public", "my.own": ""},
        ),
        ("", {}),
    ],
)
def test_options_are_read_as_the_server_reads_them(
    options: str, settings: dict[str, str]
) -> None:
    assert settings == read(f"postgresql://host/db?options={quote(options)}").settings


@pytest.mark.parametrize("options", ["-c", "-c a", "-e", "a=1", "-c a=1 -B 7", "-c =1"])
def test_options_that_are_no_settings_are_refused(options: str) -> None:
    with pytest.raises(BadConfiguration, match="-c name=value"):
        read(f"postgresql://host/db?options={quote(options)}")


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("postgresql://ada:{}@host/db?pool=3", "parameter pool$"),
        ("postgresql://ada:{}@host/db?ssl=require&timeout=3", "ssl\n.*timeout$"),
        ("postgresql://ada:{}@host/db?pool_size=0", "pool_size"),
        ("postgresql://ada:{}@host/db?pool_size=many", "pool_size"),
        ("postgresql://ada:{}@[::1/db", "write postgresql://"),
        ("postgresql://ada:{}%zz@host/db", "write postgresql://"),
        ("postgres//ada:{}@host/db", "write postgresql://"),
    ],
)
def test_a_url_that_cant_be_read_is_refused(url: str, problem: str) -> None:
    with pytest.raises(BadConfiguration, match=problem) as refusal:
        PostgresStorage.from_url(url.format(PASSWORD))

    assert PASSWORD not in str(refusal.value)


@pytest.mark.parametrize(
    ("user", "database", "problem"),
    [
        ("postgres", "postgres", "password authentication failed"),
        ("nobody-we-know", "postgres", "authentication failed"),
        (None, "no-database-we-know", "does not exist"),
    ],
)
async def test_a_log_in_that_fails_is_the_operators_to_mend(
    own_postgres: PostgresServer,
    user: str | None,
    database: str,
    problem: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    parts = urlsplit(own_postgres.url)
    login = f"{user}:{PASSWORD}" if user else parts.netloc.partition("@")[0]
    url = f"postgresql://{login}@{parts.hostname}:{parts.port}/{database}"

    with (
        caplog.at_level(logging.DEBUG),
        pytest.raises(BadConfiguration, match=problem) as refusal,
    ):
        await PostgresStorage.from_url(url).open()

    assert PASSWORD not in str(refusal.value) + caplog.text


async def test_a_database_of_another_encoding_is_refused(
    own_postgres: PostgresServer,
) -> None:
    with console(own_postgres.url) as operator:
        operator.execute(
            "CREATE DATABASE latin TEMPLATE template0 ENCODING latin1 LOCALE 'C'"
        )
    url = urlsplit(own_postgres.url)._replace(path="/latin").geturl()

    with pytest.raises(BadConfiguration, match="UTF8"):
        await PostgresStorage.from_url(url).open()


@pytest.mark.parametrize("setting", ["no_such_thing", "max_connections", "work_mem"])
async def test_a_setting_that_cant_be_set_is_the_operators_to_mend(
    postgres_url: str, setting: str
) -> None:
    url = with_option(postgres_url, setting, "a-few")

    with pytest.raises(BadConfiguration, match=setting):
        await PostgresStorage.from_url(url).open()


async def test_a_server_that_is_down_at_the_start_is_waited_for(
    postgres_url: str,
) -> None:
    async with proxy_before(postgres_url) as (proxy, url):
        storage = PostgresStorage.from_url(url)
        await proxy.down()

        refused = [await is_unavailable(call()) for call in (storage.open,) * 2]
        unmigrated = await is_unavailable(storage.migrate())
        await proxy.start()
        await storage.open()
        await storage.migrate()

        assert [True, True, True] == [*refused, unmigrated]
        assert 1 == (await add(storage)).id
        await storage.aclose()


async def test_a_server_that_never_answers_the_start_is_unavailable(
    postgres_url: str,
) -> None:
    async with proxy_before(postgres_url) as (proxy, url):
        storage = PostgresStorage.from_url(url)
        proxy.black_hole = True

        assert await is_unavailable(storage.open())
        assert await is_unavailable(storage.ping())


async def test_a_host_that_never_answers_does_not_hide_the_next(
    postgres_url: str,
) -> None:
    parts = urlsplit(postgres_url)
    async with black_hole() as silent:
        hosts = f"{LOOPBACK}:{silent},{parts.hostname}:{parts.port}"
        login, _, _ = parts.netloc.rpartition("@")
        url = parts._replace(netloc=f"{login}@{hosts}").geturl()

        async with opened(url) as storage:
            assert 1 == (await add(storage)).id


async def test_opening_twice_is_harmless(postgres_url: str) -> None:
    async with opened(postgres_url) as storage:
        await storage.open()

        assert 1 == (await add(storage)).id


async def test_before_opening_and_after_closing_it_is_unavailable(
    postgres_url: str,
) -> None:
    storage = PostgresStorage.from_url(postgres_url)
    before = await is_unavailable(storage.ping())
    await storage.open()
    await storage.aclose()

    assert before
    assert await is_unavailable(storage.ping())


async def test_no_more_connections_than_the_url_says(
    postgres_server: PostgresServer | ExistingServer, postgres_url: str
) -> None:
    async with opened(f"{postgres_url}&pool_size=3&application_name=few") as storage:
        for _ in range(3):
            await add(storage, f"user{_}")
        with console(postgres_server.url) as operator:
            (open_now,) = operator.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'few'"
            ).fetchone() or (0,)

    assert 1 <= open_now <= 3
