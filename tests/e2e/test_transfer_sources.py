import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.adapters.postgres_world import console, fresh_schema
from tests.servers.databases import fresh_database
from tests.servers.existing import ExistingServer
from tests.servers.mongo import MongoCompatibleServer
from tests.servers.postgres import PostgresServer
from tests.servers.service import Service

CONFIGURATION, AWAY = 78, 69
FROM, TO = "--from (TRANSFER_FROM)", "--to (TRANSFER_TO)"


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(tmp_path)


def refusal(service: Service, source: str, target: str = "") -> tuple[int, str]:
    """Try to move everything; nothing may be made, and nothing called equal."""
    end = service.directory / "end.db"
    done = service.run(
        "transfer", "--from", source, "--to", target or f"sqlite:///{end}"
    )
    assert "equal" not in done.stdout
    assert "Traceback" not in done.stderr
    assert not end.exists()
    return done.returncode, done.stderr


def test_a_file_that_is_not_there_is_not_made(service: Service) -> None:
    code, told = refusal(service, "sqlite:///var/nope.db")

    assert CONFIGURATION == code
    assert told.startswith(
        f"{FROM}: sqlite: there is no file var/nope.db; check the URL"
    )
    assert "migrate" not in told
    assert not (service.directory / "var").exists()


def test_a_file_with_nothing_of_ours_is_left_as_it_is(service: Service) -> None:
    file = service.directory / "other.db"
    with closing(sqlite3.connect(file)) as other, other:
        other.execute("CREATE TABLE things (id INTEGER)")
    before = file.read_bytes()

    code, told = refusal(service, "sqlite:///other.db")

    assert (CONFIGURATION, True) == (code, "has nothing of ours" in told)
    assert before == file.read_bytes()
    assert [file] == [*service.directory.iterdir()]


@pytest.mark.parametrize("content", [b"", b"no database at all, but a text" * 99])
def test_a_file_that_is_no_database_is_told(service: Service, content: bytes) -> None:
    file = service.directory / "other.db"
    file.write_bytes(content)

    code, told = refusal(service, "sqlite:///other.db")

    assert CONFIGURATION == code
    assert "other.db" in told
    assert content == file.read_bytes()


def test_memory_is_no_source(service: Service) -> None:
    code, told = refusal(service, "memory://")

    assert (CONFIGURATION, True) == (code, told.startswith(f"{FROM}: memory: "))


@pytest.mark.parametrize("target", ["var/scribes.db", "./var/x/../scribes.db"])
def test_a_storage_is_not_moved_to_itself(service: Service, target: str) -> None:
    assert 0 == service.run("migrate").returncode

    code, told = refusal(service, "sqlite:///var/scribes.db", f"sqlite:///{target}")

    assert CONFIGURATION == code
    assert "name another storage" in told


@pytest.mark.parametrize(
    ("source", "target", "end"),
    [
        ("oracle://me:Hunter2@h/x", "memory://", FROM),
        ("memory://", "postgresql://me:Hun@ter2@h/x", TO),
        ("postgresql://me:Hunter2@127.0.0.1:9/x", "memory://", FROM),
        ("mongodb://me:Hunter2@127.0.0.1:9/x", "memory://", FROM),
        ("sqlite:///var/scribes.db", "postgresql://me:Hunter2@127.0.0.1:9/x", TO),
        ("sqlite:///var/scribes.db", "mongodb://me:Hunter2@127.0.0.1:9/x", TO),
        ("sqlite:///var/scribes.db", "sqlite:////dev/null/x.db", TO),
    ],
)
def test_every_problem_says_which_end_it_is_of(
    service: Service, source: str, target: str, end: str
) -> None:
    assert 0 == service.run("migrate").returncode

    code, told = refusal(service, source, target)

    assert code in {CONFIGURATION, AWAY}
    assert told.startswith(f"{end}: ")
    assert told.strip() != f"{end}:"
    assert "DATABASE_URL" not in told
    assert "ter2" not in told


def test_a_schema_that_is_not_there_is_not_made(
    service: Service, postgres_server: PostgresServer | ExistingServer
) -> None:
    with fresh_schema(postgres_server.url) as url:
        code, told = refusal(service, url)
        with console(url) as operator:
            made = operator.execute("SELECT to_regclass('users')").fetchone()

    assert (CONFIGURATION, (None,)) == (code, made)
    assert "nothing of ours" in told
    assert "migrate" not in told


def test_a_database_that_is_not_there_is_not_made(
    service: Service, mongo_server: MongoCompatibleServer | ExistingServer
) -> None:
    with fresh_database(mongo_server) as url:
        code, told = refusal(service, url)

    assert CONFIGURATION == code
    assert "nothing of ours" in told
    assert "migrate" not in told


def test_a_server_that_is_away_is_told_by_another_exit_code(service: Service) -> None:
    code, _ = refusal(service, "postgresql://user@127.0.0.1:9/x")

    assert AWAY == code
