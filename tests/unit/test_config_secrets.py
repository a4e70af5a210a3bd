import asyncio
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config.loading import load_settings
from config.settings import Settings
from core.errors import BadConfiguration
from tests.unit.environment import Environment

SECRET = "s" * 64
RACER = """
from config.loading import load_settings

print("ready", flush=True)
input()
print(load_settings().jwt_secret_key.get_secret_value())
"""


def _problems() -> tuple[str, ...]:
    with pytest.raises(BadConfiguration) as bad:
        load_settings()
    return bad.value.problems


def _secret(settings: Settings) -> str:
    assert settings.jwt_secret_key is not None
    return settings.jwt_secret_key.get_secret_value()


def test_a_setting_may_be_a_secret_of_the_environment(environment: Environment) -> None:
    environment.set(
        JWT_SECRET_KEY="secret:key-of-the-house",
        KEY_OF_THE_HOUSE=SECRET,
        PORT="secret:the/port",
        THE_PORT="9000",
    )

    settings = load_settings()

    assert (SECRET, 9000) == (_secret(settings), settings.port)


def test_a_setting_may_be_a_secret_in_a_file(environment: Environment) -> None:
    (environment.directory / "smtp-password").write_text("a mail password\n")
    environment.set(
        SECRETS_URL=f"file://{environment.directory}",
        JWT_SECRET_KEY=SECRET,
        SMTP_HOST="mail.example.com",
        SMTP_USER="jane",
        SMTP_PASSWORD="secret:smtp-password",
    )

    password = load_settings().smtp_password

    assert password is not None
    assert "a mail password" == password.get_secret_value()


def test_with_a_secrets_backend_the_key_is_its_secret_jwt_secret(
    environment: Environment,
) -> None:
    (environment.directory / "jwt-secret").write_text(SECRET)
    environment.set(SECRETS_URL=f"file://{environment.directory}")

    assert SECRET == _secret(load_settings())


def test_a_given_key_goes_before_the_backends(environment: Environment) -> None:
    (environment.directory / "jwt-secret").write_text(SECRET)
    environment.set(
        SECRETS_URL=f"file://{environment.directory}", JWT_SECRET_KEY="k" * 32
    )

    assert "k" * 32 == _secret(load_settings())


def test_every_missing_secret_is_told_at_once(environment: Environment) -> None:
    environment.set(
        SECRETS_URL=f"file://{environment.directory}",
        PORT="secret:port",
        WORKERS="none",
    )

    problems = _problems()

    assert ["JWT_SECRET_KEY", "PORT", "WORKERS"] == sorted(
        problem.partition(":")[0] for problem in problems
    )
    assert any(str(environment.directory / "jwt-secret") in p for p in problems)


def test_a_secret_must_fit_its_setting_and_is_not_shown(
    environment: Environment,
) -> None:
    environment.set(PORT="secret:the-port", THE_PORT="hunter2")

    (problem,) = _problems()

    assert problem.startswith("PORT: ")
    assert "hunter2" not in problem


def test_a_bad_secrets_url_is_told_once(environment: Environment) -> None:
    environment.set(SECRETS_URL="env://?x=1", PORT="secret:port")

    (problem,) = _problems()

    assert problem.startswith("SECRETS_URL: ")


async def test_secrets_are_read_inside_a_running_loop_too(
    environment: Environment,
) -> None:
    environment.set(JWT_SECRET_KEY="secret:key", KEY=SECRET)

    await asyncio.sleep(0)

    assert SECRET == _secret(load_settings())


def test_development_makes_its_secret_once_and_keeps_it_to_itself(
    environment: Environment,
) -> None:
    first, second = load_settings(), load_settings()

    kept = environment.directory / "var" / "jwt-secret"
    assert _secret(first) == _secret(second) == kept.read_text()
    assert 128 == len(_secret(first))
    assert 0o600 == stat.S_IMODE(kept.stat().st_mode)
    assert 0o700 == stat.S_IMODE(kept.parent.stat().st_mode)
    assert [kept] == [*kept.parent.iterdir()]


def test_processes_that_race_to_make_the_secret_agree(
    environment: Environment,
) -> None:
    racers = [_racer(environment.directory) for _ in range(4)]
    for racer in racers:
        assert racer.stdout is not None
        assert "ready\n" == racer.stdout.readline()

    # All wait at the line: now.
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("\n")
        racer.stdin.flush()
    secrets = [racer.communicate()[0] for racer in racers]

    assert 1 == len(set(secrets))
    left = [file.name for file in (environment.directory / "var").iterdir()]
    assert ["jwt-secret"] == left


def _racer(directory: Path) -> subprocess.Popen[str]:
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        [sys.executable, "-c", RACER],
        cwd=directory,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(root)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_data_directory_that_can_not_be_made_is_told(
    environment: Environment,
) -> None:
    (environment.directory / "file").touch()
    environment.set(DATA_DIR="file/var")

    (problem,) = _problems()

    assert problem.startswith("DATA_DIR: ")
    assert "file/var" in problem
