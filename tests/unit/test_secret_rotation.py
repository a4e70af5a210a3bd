import logging
from pathlib import Path

import pytest

from adapters.mail.smtp import SmtpMailer
from adapters.storage.sqlite.schema import KNOWN
from config.container import Container
from config.loading import load_settings
from core.errors import BadConfiguration
from tests.unit.environment import Environment

SECRETS = {
    "jwt-secret": "k" * 32,
    "mail-password": "one",
    "log-level": "INFO",
    "database-url": "memory://",
}


@pytest.fixture
def vault(environment: Environment) -> Path:
    directory = environment.directory / "secrets"
    directory.mkdir()
    for name, value in SECRETS.items():
        (directory / name).write_text(value)
    environment.set(
        SECRETS_URL=f"file://{directory}",
        SMTP_HOST="mail.example.com",
        SMTP_USER="svc",
        SMTP_PASSWORD="secret:mail-password",
        DATABASE_URL="secret:database-url",
        LOG_LEVEL="secret:log-level",
    )
    return directory


async def test_what_did_not_change_is_left_alone(vault: Path) -> None:
    container = Container(settings=load_settings())
    storage, mailer = (
        container.replaceable_storage().adapter,
        container.replaceable_mailer().adapter,
    )
    (vault / "mail-password").touch()

    await container.secret_watch().look()

    assert {} == container.secret_watch().problems
    assert storage is container.replaceable_storage().adapter
    assert mailer is container.replaceable_mailer().adapter


async def test_what_was_read_at_the_start_is_not_loaded_again_by_the_first_look(
    vault: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    (vault / "jwt-secret.previous").write_text("o" * 32)
    container = Container(settings=load_settings())
    container.keyring()

    await container.secret_watch().look()

    assert {} == container.secret_watch().problems
    assert 1 == caplog.messages.count("JWT keys loaded")


async def test_a_storage_whose_schema_is_behind_does_not_come_into_force(
    environment: Environment, vault: Path
) -> None:
    container = Container(settings=load_settings())
    storage = container.replaceable_storage().adapter
    behind = environment.directory / "behind.db"
    (vault / "database-url").write_text(f"sqlite:///{behind}")

    await container.secret_watch().look()

    assert storage is container.replaceable_storage().adapter
    told = container.secret_watch().problems["database-url"]
    assert told.startswith(f"DATABASE_URL: its schema is behind: {KNOWN[0].name}, ")


async def test_changes_of_two_settings_of_one_adapter_both_count(
    environment: Environment, vault: Path
) -> None:
    (vault / "mail-user").write_text("svc")
    environment.set(SMTP_USER="secret:mail-user")
    container = Container(settings=load_settings())

    for name, value in (("mail-user", "ada"), ("mail-password", "two")):
        (vault / name).write_text(value)
        await container.secret_watch().look()

    mailer = container.replaceable_mailer().adapter
    assert isinstance(mailer, SmtpMailer)
    assert ("ada", "two") == (mailer.user, mailer.password)


async def test_what_can_not_be_renewed_asks_once_for_a_restart(
    vault: Path, caplog: pytest.LogCaptureFixture
) -> None:
    container = Container(settings=load_settings())
    (vault / "log-level").write_text("DEBUG")

    for _ in range(3):
        await container.secret_watch().look()

    (record,) = [r for r in caplog.records if r.levelno == logging.WARNING]
    assert "Secret changed: restart to use the new value" == record.message
    assert "LOG_LEVEL" == vars(record)["setting"]


async def test_a_url_that_is_none_is_told_without_its_text_and_changes_nothing(
    vault: Path, caplog: pytest.LogCaptureFixture
) -> None:
    container = Container(settings=load_settings())
    storage = container.replaceable_storage().adapter
    (vault / "database-url").write_text("oracle://ada:hush@db")

    await container.secret_watch().look()

    assert storage is container.replaceable_storage().adapter
    assert {"database-url"} == container.secret_watch().problems.keys()
    assert "hush" not in caplog.text


@pytest.mark.usefixtures("vault")
def test_a_key_must_not_sign_before_every_replica_has_looked(
    environment: Environment,
) -> None:
    environment.set(SECRETS_REFRESH_SECONDS="60", JWT_KEY_ACTIVATION_SECONDS="60")

    with pytest.raises(BadConfiguration, match="JWT_KEY_ACTIVATION_SECONDS: must be"):
        load_settings()

    environment.set(JWT_KEY_ACTIVATION_SECONDS="61")
    assert 61 == load_settings().key_activation_seconds
