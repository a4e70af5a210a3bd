import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.http.conftest import Serve
from tests.servers import LOOPBACK
from tests.servers.service import Service
from tests.unit.environment import STRONG

Refusals = Callable[..., list[str]]

CONFIGURATION = 78

BAD = {
    "PORT": "QUOTED",
    "JWT_ALGORITHM": "QUOTED",
    "BCRYPT_ROUNDS": "3",
    "DATABASE_URL": "mysql://me:QUOTED@localhost/x",
    "REDIS_URL": "memcached://:QUOTED@localhost",
    "SECRETS_URL": "vault://QUOTED",
    "RATE_LIMIT_LOGIN": "QUOTED",
    "REFRESH_ROTATION": "QUOTED",
    "PUBLIC_URL": "QUOTED",
    "SMTP_HOST": "mail.example",
    "SMTP_USER": "QUOTED",
}
"""Each of them can't work; the last for want of SMTP_PASSWORD."""

GOOD_IN_PRODUCTION = {
    "APP_ENV": "production",
    "JWT_SECRET_KEY": STRONG,
    "SMTP_HOST": "mail.example",
    "PUBLIC_URL": "https://auth.example",
    "SINGLE_REPLICA": "true",
    "BCRYPT_ROUNDS": "10",
}


@pytest.fixture
def refusals(tmp_path: Path) -> Iterator[Refusals]:
    """Start services that can't, all at once, and return what they say."""
    with ExitStack() as ends:

        def start(*choices: dict[str, str], code: int = CONFIGURATION) -> list[str]:
            services = []
            for number, settings in enumerate(choices):
                directory = tmp_path / str(number)
                directory.mkdir()
                services.append(Service(directory, **settings))
                ends.callback(services[-1].kill)
            for process in [service.launch() for service in services]:
                assert code == process.wait(30)
            said = [service.output for service in services]
            assert not any("Traceback" in words for words in said)
            return said

        yield start


def test_everything_wrong_is_told_at_once_and_no_value_is_quoted(
    refusals: Refusals,
) -> None:
    (said,) = refusals(BAD)

    named = {line.partition(":")[0] for line in said.splitlines()}
    assert BAD.keys() - {"SMTP_HOST", "SMTP_USER"} <= named
    assert "SMTP_USER and SMTP_PASSWORD" in named
    assert "QUOTED" not in said


def test_a_port_in_use_is_told(refusals: Refusals) -> None:
    with socket.socket() as other:
        other.bind((LOOPBACK, 0))
        other.listen()
        port = str(other.getsockname()[1])

        both = refusals({"PORT": port}, {"PORT": port, "WORKERS": "2"})

    for said in both:
        assert f"PORT: {port} is in use" in said


def test_a_database_that_cannot_be_written_is_told(refusals: Refusals) -> None:
    url = {"DATABASE_URL": "sqlite:////dev/null/scribes.db"}

    for said in refusals(url, url | {"WORKERS": "2"}):
        assert "/dev/null/scribes.db" in said
        assert "may create and write" in said


def test_a_file_that_cannot_be_written_is_told(refusals: Refusals) -> None:
    log_file, data_dir = refusals(
        {"LOG_FILE": "/dev/null/x"}, {"DATA_DIR": "/dev/null"}
    )

    assert "LOG_FILE: " in log_file
    assert "DATA_DIR: " in data_dir


def test_production_refuses_what_only_development_may(refusals: Refusals) -> None:
    nothing, short, apart = refusals(
        {"APP_ENV": "production", "RATE_LIMIT_ENABLED": "true"},
        GOOD_IN_PRODUCTION | {"JWT_SECRET_KEY": "k" * 31},
        GOOD_IN_PRODUCTION | {"RATE_LIMIT_ENABLED": "true", "WORKERS": "2"},
    )

    for name in (
        "JWT_SECRET_KEY",
        "SMTP_HOST",
        "PUBLIC_URL",
        "BCRYPT_ROUNDS",
        "DATABASE_URL",
        "REDIS_URL",
    ):
        assert f"\n{name}: " in nothing
    assert "JWT_SECRET_KEY: 31 bytes are too short, HS256 needs 32" in short
    assert "k" * 31 not in short
    assert "\nWORKERS: several workers need REDIS_URL" in apart


def test_production_starts_when_all_is_well(install: Serve) -> None:
    service = install(**GOOD_IN_PRODUCTION).start()

    assert not (service.directory / "var" / "jwt-secret").exists()


def test_development_makes_its_secret_once_and_keeps_it(install: Serve) -> None:
    service = install().start()
    file = service.directory / "var" / "jwt-secret"
    made = file.read_text()

    service.stop()
    service.start()

    assert made == file.read_text()
    assert len(made) >= 64
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    assert made not in service.output


def test_a_dot_env_file_is_read(install: Serve) -> None:
    service: Service = install()
    (service.directory / ".env").write_text(
        "JWT_ACCESS_TOKEN_EXPIRE_MINUTES=soon\nRATE_LIMIT_LOGIN=5/fortnight\n"
    )

    checked = service.run("check")

    assert CONFIGURATION == checked.returncode
    assert "JWT_ACCESS_TOKEN_EXPIRE_MINUTES: " in checked.stderr
    assert "RATE_LIMIT_LOGIN: " in checked.stderr
