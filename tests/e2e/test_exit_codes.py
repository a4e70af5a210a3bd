from pathlib import Path

import pytest

from tests.servers.processes import free_port
from tests.servers.service import Service

CONFIGURATION, AWAY, FAILED, USAGE = 78, 69, 1, 2


def silent_vault() -> dict[str, str]:
    """Return the settings of a secrets backend where nobody listens."""
    return {
        "SECRETS_URL": "aws://eu-west-1/scribes/",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}",
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "key",
    }


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(tmp_path)


@pytest.mark.parametrize("command", ["serve", "check", "migrate", "keys list"])
def test_a_configuration_that_cannot_work_has_one_code(
    service: Service, command: str
) -> None:
    service.settings["BCRYPT_ROUNDS"] = "99"

    assert CONFIGURATION == service.run(*command.split()).returncode


@pytest.mark.parametrize("command", ["serve", "check", "check --connect", "migrate"])
def test_a_secrets_backend_that_is_away_has_another(
    service: Service, command: str
) -> None:
    # In production much is missing then, and all of it for want of an answer.
    service.settings |= silent_vault() | {
        "APP_ENV": "production",
        "DATABASE_URL": "secret:database",
        "REDIS_URL": "secret:redis",
        "SMTP_HOST": "mail.example",
        "SMTP_USER": "secret:user",
        "SMTP_PASSWORD": "secret:password",
        "PUBLIC_URL": "https://auth.example",
        "BCRYPT_ROUNDS": "12",
        "WORKERS": "2",
    }

    ended = service.run(*command.split())

    assert AWAY == ended.returncode, ended.stderr
    named = [line.partition(":")[0] for line in ended.stderr.splitlines()]
    wanted = (
        "DATABASE_URL",
        "JWT_SECRET_KEY",
        "REDIS_URL",
        "SMTP_PASSWORD",
        "SMTP_USER",
    )
    assert list(wanted) == sorted(named)


def test_what_is_wrong_counts_more_than_what_is_away(service: Service) -> None:
    service.settings |= silent_vault() | {"JWT_LEEWAY_SECONDS": "99"}

    ended = service.run("check")

    assert CONFIGURATION == ended.returncode
    assert "\nJWT_LEEWAY_SECONDS: " in ended.stderr
    assert "\nJWT_SECRET_KEY: " in ended.stderr


def test_a_storage_that_is_away_has_the_same_code_as_other_absences(
    service: Service,
) -> None:
    service.settings["DATABASE_URL"] = f"postgresql://u@127.0.0.1:{free_port()}/x"

    codes = {service.run(name).returncode for name in ("migrate", "check")}

    assert {AWAY, 0} == codes


def test_what_is_merely_refused_has_a_code_of_its_own(service: Service) -> None:
    service.run("migrate")

    assert FAILED == service.run("keys", "revoke", "none", "--yes").returncode
    assert USAGE == service.run("serve", "--nonsense").returncode
