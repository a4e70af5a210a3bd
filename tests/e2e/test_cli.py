import re
import sys
from collections.abc import Callable
from pathlib import Path

import jwt
import pytest

from adapters.storage.sqlite.schema import KNOWN
from tests.http.api import PASSWORD, Api, Person
from tests.http.conftest import Serve
from tests.servers.service import Service

CONFIGURATION = 78
ADMIN = Person("root@example.com", "root")


@pytest.fixture
def service(install: Serve) -> Service:
    return install(ADMIN_PASSWORD=PASSWORD)


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    directory = tmp_path / "secrets"
    directory.mkdir()
    return directory


def create_admin(service: Service, *more: str) -> tuple[int, str]:
    done = service.run(
        "create-admin", "--email", ADMIN.email, "--username", ADMIN.username, *more
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def test_the_package_and_the_program_are_one_command_line(install: Serve) -> None:
    service = install()
    program = str(Path(sys.executable).with_name("scribes-auth"))
    by_program = Service(service.directory, program=[program]).run("check")

    by_package = service.run("check")

    assert (0, "") == (by_package.returncode, by_package.stderr)
    assert by_program.stdout == by_package.stdout != ""


def test_check_approves_of_the_defaults(service: Service) -> None:
    checked = service.run("check")

    assert (0, "") == (checked.returncode, checked.stderr)
    assert checked.stdout.startswith("The configuration is good.\nNot tried: ")


def test_check_tells_everything_wrong_at_once(service: Service) -> None:
    service.settings |= {"BCRYPT_ROUNDS": "17", "JWT_ALGORITHM": "RS1", "PORT": "-1"}

    checked = service.run("check")

    assert CONFIGURATION == checked.returncode
    for name in ("BCRYPT_ROUNDS", "JWT_ALGORITHM", "PORT"):
        assert f"\n{name}: " in checked.stderr
    assert "Traceback" not in checked.stderr


def test_check_warns_of_what_works_but_should_not_stay_so(service: Service) -> None:
    service.settings |= {
        "JWT_SECRET_KEY": "short",
        "SMTP_HOST": "mail.example",
        "SMTP_TLS": "none",
    }

    checked = service.run("check")

    assert 0 == checked.returncode
    assert "Warning: JWT_SECRET_KEY: 5 bytes are too short" in checked.stderr
    assert "Warning: SMTP_TLS=none" in checked.stderr


def test_migrate_prepares_the_storage_and_may_be_repeated(service: Service) -> None:
    done = "".join(f"{migration.name}: done\n" for migration in KNOWN)
    for told in (done, "The storage is up to date.\n"):
        migrated = service.run("migrate")

        assert (0, told) == (migrated.returncode, migrated.stdout)
    assert [(0,)] == service.sql("SELECT count(*) FROM users")


def test_migrate_says_why_it_cannot(service: Service) -> None:
    service.settings["DATABASE_URL"] = "sqlite:////dev/null/x.db"

    migrated = service.run("migrate")

    assert CONFIGURATION == migrated.returncode
    assert "/dev/null/x.db" in migrated.stderr
    assert "Traceback" not in migrated.stderr


def test_an_administrator_is_made_and_can_log_in(
    service: Service, connect: Callable[[Service], Api]
) -> None:
    assert (0, "Administrator root has id 1.\n") == create_admin(service)

    service.start()
    tokens = connect(service).session(ADMIN)

    assert "admin" == tokens["user"]["role"]
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert "admin" == claims["role"]
    me = connect(service).me(tokens["access_token"]).json()
    assert (True, "admin") == (me["is_verified"], me["role"])
    assert [] == service.mails(ADMIN.email)


def test_an_administrator_may_be_made_while_the_service_runs(
    service: Service, connect: Callable[[Service], Api]
) -> None:
    service.start()

    assert 0 == create_admin(service, "--full-name", "The Root")[0]

    user = connect(service).session(ADMIN)["user"]
    assert ("admin", "The Root") == (user["role"], user["full_name"])
    code, said = create_admin(service)
    assert 1 == code
    assert said.startswith(
        "Email already registered\nIt is user 1 (root), whose role is admin"
    )


def test_an_administrators_password_keeps_the_rules(service: Service) -> None:
    service.settings["ADMIN_PASSWORD"] = "weakling"

    code, said = create_admin(service)

    assert 1 == code
    assert "password: " in said
    assert "uppercase" in said
    assert "weakling" not in said


def test_a_generated_secret_is_long_and_never_the_same(service: Service) -> None:
    secrets = {service.run("generate-secret").stdout for _ in range(2)}

    assert 2 == len(secrets)
    assert all(re.fullmatch(r"[0-9a-f]{128}\n", secret) for secret in secrets)


def test_settings_are_read_from_the_secrets_backend(
    service: Service, vault: Path, connect: Callable[[Service], Api]
) -> None:
    secret = "s3cret" * 12
    (vault / "signing").write_text(f"{secret}\n")
    service.settings |= {
        "SECRETS_URL": f"file://{vault}",
        "JWT_SECRET_KEY": "secret:signing",
    }

    service.start()

    token = connect(service).session()["access_token"]
    claims = jwt.decode(token, secret, ["HS256"], audience="scribes")
    assert "1" == claims["sub"]
    assert not (service.directory / "var" / "jwt-secret").exists()
    assert secret not in service.output


def test_with_a_secrets_backend_the_key_is_there_by_its_usual_name(
    service: Service, vault: Path, connect: Callable[[Service], Api]
) -> None:
    (vault / "jwt-secret").write_text("k" * 64)
    service.settings["SECRETS_URL"] = f"file://{vault}"

    service.start()

    token = connect(service).session()["access_token"]
    assert jwt.decode(token, "k" * 64, ["HS256"], audience="scribes")


def test_every_missing_secret_is_named(service: Service, vault: Path) -> None:
    service.settings |= {
        "SECRETS_URL": f"file://{vault}",
        "SMTP_HOST": "mail.example",
        "SMTP_USER": "secret:mail-user",
        "SMTP_PASSWORD": "secret:mail-password",
    }

    started = service.run("serve")

    assert CONFIGURATION == started.returncode
    assert "Traceback" not in started.stderr
    for field, name in (
        ("JWT_SECRET_KEY", "jwt-secret"),
        ("SMTP_USER", "mail-user"),
        ("SMTP_PASSWORD", "mail-password"),
    ):
        assert f"{field}: Secret '{name}': there is no file" in started.stderr
