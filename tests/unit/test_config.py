from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from config.jwt_keys import initial_keyring
from config.loading import load_settings
from config.settings import Settings
from core.errors import BadConfiguration
from core.identity.session_rules import Rotation
from core.model import Locale
from tests.doubles import NOON
from tests.unit.environment import Environment

DEFAULTS: dict[str, Any] = {
    "APP_ENV": "development",
    "HOST": "127.0.0.1",
    "PORT": 8000,
    "WORKERS": 1,
    "SINGLE_REPLICA": False,
    "DATA_DIR": Path("var"),
    "PUBLIC_URL": None,
    "CORS_ORIGINS": (),
    "TRUSTED_PROXIES": (),
    "FORWARDED_HEADER": "x-forwarded-for",
    "MAX_BODY_BYTES": 65536,
    "MAX_REQUEST_LINE_BYTES": 8192,
    "MAX_HEADER_BYTES": 65536,
    "MAX_HEADERS": 128,
    "MAX_CONNECTIONS": 8000,
    "MAX_CONNECTIONS_PER_ADDRESS": 1000,
    "KEEP_ALIVE_SECONDS": 620,
    "READ_TIMEOUT_SECONDS": 10,
    "SHUTDOWN_TIMEOUT_SECONDS": 20,
    "AUTH_BACKEND": "native",
    "COGNITO_URL": None,
    "COGNITO_CLIENT_SECRET": None,
    "COGNITO_USER_CACHE_SECONDS": 60,
    "DATABASE_URL": None,
    "AUTO_MIGRATE": None,
    "EVENT_RETENTION_DAYS": 365,
    "REDIS_URL": None,
    "SECRETS_URL": "env://",
    "SECRETS_REFRESH_SECONDS": 60,
    "JWT_SECRET_KEY_PREVIOUS": None,
    "JWT_ALGORITHM": "HS256",
    "JWT_KEY_ACTIVATION_SECONDS": None,
    "JWT_ISSUER": "scribes-auth",
    "JWT_AUDIENCE": "scribes",
    "JWT_LEEWAY_SECONDS": 10,
    "JWT_ACCESS_TOKEN_EXPIRE_MINUTES": 30,
    "JWT_ACCESS_TOKEN_EXPIRE_SECONDS": None,
    "JWT_REFRESH_TOKEN_EXPIRE_DAYS": 7,
    "JWT_REFRESH_TOKEN_EXPIRE_SECONDS": None,
    "SESSION_MAX_DAYS": 30,
    "SESSION_MAX_SECONDS": None,
    "REFRESH_ROTATION": Rotation.PATIENT,
    "REFRESH_GRACE_SECONDS": 30,
    "REQUIRE_VERIFIED_EMAIL": False,
    "VERIFICATION_TOKEN_EXPIRE_HOURS": 24,
    "VERIFICATION_TOKEN_EXPIRE_SECONDS": None,
    "RESET_TOKEN_EXPIRE_HOURS": 1,
    "RESET_TOKEN_EXPIRE_SECONDS": None,
    "INVITATION_EXPIRE_HOURS": 72,
    "INVITATION_EXPIRE_SECONDS": None,
    "EMAIL_UNDO_EXPIRE_HOURS": 72,
    "EMAIL_UNDO_EXPIRE_SECONDS": None,
    "INVITATION_URL": None,
    "ADMIN_REQUIRE_IF_MATCH": False,
    "RATE_LIMIT_INVITATION": "30/hour",
    "RATE_LIMIT_CHANGE_EMAIL": "5/hour",
    "RATE_LIMIT_ADMIN": "300/minute",
    "MAIL_LOCALE": Locale.EN,
    "NOTIFY_NEW_SIGN_IN": True,
    "VERIFY_EMAIL_URL": None,
    "PASSWORD_RESET_URL": None,
    "APP_URL": None,
    "PASSWORD_POLICY": "guide",
    "BCRYPT_ROUNDS": 12,
    "HASH_MAX_WAIT_SECONDS": 2.5,
    "HASH_THREADS": None,
    "RATE_LIMIT_ENABLED": True,
    "RATE_LIMIT_LOGIN": "5/minute",
    "RATE_LIMIT_REGISTER": "3/hour",
    "RATE_LIMIT_PASSWORD_RESET": "3/hour",
    "RATE_LIMIT_RESEND_VERIFICATION": "3/hour",
    "RATE_LIMIT_CHANGE_PASSWORD": "5/minute",
    "RATE_LIMIT_REFRESH": "120/minute",
    "RATE_LIMIT_MAILS": "5/hour",
    "SMTP_HOST": None,
    "SMTP_PORT": 587,
    "SMTP_USER": None,
    "SMTP_PASSWORD": None,
    "SMTP_TLS": None,
    "SMTP_TIMEOUT_SECONDS": 20,
    "SMTP_FROM_EMAIL": "noreply@scribes.app",
    "SMTP_FROM_NAME": "Scribes App",
    "OUTBOX_POLL_SECONDS": 1,
    "LOG_LEVEL": "INFO",
    "LOG_FORMAT": None,
    "LOG_FILE": None,
    "METRICS_ENABLED": True,
    "OTEL_EXPORTER_OTLP_ENDPOINT": None,
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    "DOCS_ENABLED": True,
}

BAD = {
    "APP_ENV": "staging",
    "PORT": "http",
    "WORKERS": "0",
    "SINGLE_REPLICA": "perhaps",
    "AUTH_BACKEND": "auth0",
    "COGNITO_USER_CACHE_SECONDS": "-1",
    "PUBLIC_URL": "auth.example.com",
    "TRUSTED_PROXIES": "proxy.example.com",
    "FORWARDED_HEADER": "x-real-ip",
    "MAX_BODY_BYTES": "1",
    "MAX_REQUEST_LINE_BYTES": "1",
    "MAX_HEADER_BYTES": "1",
    "MAX_HEADERS": "1",
    "MAX_CONNECTIONS": "0",
    "MAX_CONNECTIONS_PER_ADDRESS": "0",
    "KEEP_ALIVE_SECONDS": "0",
    "READ_TIMEOUT_SECONDS": "0",
    "SHUTDOWN_TIMEOUT_SECONDS": "-1",
    "DATABASE_URL": "oracle://db",
    "REDIS_URL": "memcached://cache",
    "SECRETS_URL": "vault://safe",
    "SECRETS_REFRESH_SECONDS": "0",
    "JWT_ALGORITHM": "none",
    "JWT_KEY_ACTIVATION_SECONDS": "-1",
    "JWT_LEEWAY_SECONDS": "61",
    "JWT_ACCESS_TOKEN_EXPIRE_MINUTES": "30m",
    "AUTO_MIGRATE": "perhaps",
    "EVENT_RETENTION_DAYS": "0",
    "JWT_ACCESS_TOKEN_EXPIRE_SECONDS": "0",
    "JWT_REFRESH_TOKEN_EXPIRE_DAYS": "0",
    "JWT_REFRESH_TOKEN_EXPIRE_SECONDS": "x",
    "SESSION_MAX_DAYS": "-30",
    "SESSION_MAX_SECONDS": "0",
    "REFRESH_ROTATION": "lenient",
    "REFRESH_GRACE_SECONDS": "301",
    "REQUIRE_VERIFIED_EMAIL": "2",
    "VERIFICATION_TOKEN_EXPIRE_HOURS": "0",
    "VERIFICATION_TOKEN_EXPIRE_SECONDS": "0",
    "RESET_TOKEN_EXPIRE_HOURS": "0",
    "RESET_TOKEN_EXPIRE_SECONDS": "0",
    "INVITATION_EXPIRE_HOURS": "0",
    "INVITATION_EXPIRE_SECONDS": "0",
    "EMAIL_UNDO_EXPIRE_HOURS": "-1",
    "EMAIL_UNDO_EXPIRE_SECONDS": "0",
    "INVITATION_URL": "javascript:alert(1)",
    "ADMIN_REQUIRE_IF_MATCH": "perhaps",
    "RATE_LIMIT_INVITATION": "30",
    "RATE_LIMIT_CHANGE_EMAIL": "5",
    "RATE_LIMIT_ADMIN": "-5/minute",
    "MAIL_LOCALE": "fr",
    "NOTIFY_NEW_SIGN_IN": "2",
    "VERIFY_EMAIL_URL": "javascript:alert(1)",
    "PASSWORD_RESET_URL": "//example.com",
    "APP_URL": "javascript:alert(1)",
    "PASSWORD_POLICY": "lax",
    "BCRYPT_ROUNDS": "17",
    "HASH_MAX_WAIT_SECONDS": "0",
    "HASH_THREADS": "0",
    "RATE_LIMIT_ENABLED": "always",
    "RATE_LIMIT_LOGIN": "5 per minute",
    "RATE_LIMIT_REGISTER": "0/hour",
    "RATE_LIMIT_PASSWORD_RESET": "3/week",
    "RATE_LIMIT_RESEND_VERIFICATION": "3/hour;",
    "RATE_LIMIT_CHANGE_PASSWORD": "-5/minute",
    "RATE_LIMIT_REFRESH": "120/minute;100/minute",
    "RATE_LIMIT_MAILS": "5000000/hour",
    "SMTP_PORT": "65536",
    "SMTP_TLS": "ssl",
    "SMTP_TIMEOUT_SECONDS": "31",
    "METRICS_ENABLED": "perhaps",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json",
    "DOCS_ENABLED": "perhaps",
    "OUTBOX_POLL_SECONDS": "0",
    "LOG_LEVEL": "LOUD",
    "LOG_FORMAT": "xml",
}


def _problems() -> tuple[str, ...]:
    with pytest.raises(BadConfiguration) as bad:
        load_settings()
    return bad.value.problems


def _named(problems: tuple[str, ...]) -> list[str]:
    return sorted(problem.partition(":")[0] for problem in problems)


def test_nothing_has_to_be_set(environment: Environment) -> None:
    settings = load_settings()

    made = settings.model_dump(exclude={"jwt_secret_key"})
    assert DEFAULTS == {field.upper(): value for field, value in made.items()}
    assert settings.jwt_secret_key is not None
    assert "sqlite:///var/scribes.db" == settings.storage_url
    assert environment.directory / "var" == settings.data_dir.absolute()


def test_the_guides_variables_mean_what_the_guide_says(
    environment: Environment,
) -> None:
    environment.set(
        JWT_SECRET_KEY="your-super-secret-key-min-32-chars",
        JWT_ALGORITHM="HS512",
        JWT_ACCESS_TOKEN_EXPIRE_MINUTES="5",
        JWT_REFRESH_TOKEN_EXPIRE_DAYS="2",
        BCRYPT_ROUNDS="10",
        SMTP_FROM_NAME='Scribes "App"',
    )

    settings = load_settings()

    key = initial_keyring(settings).at(NOON).signing
    assert (b"your-super-secret-key-min-32-chars", "HS512") == (
        key.secret,
        key.algorithm,
    )
    assert timedelta(minutes=5) == settings.session_rules.access_life
    assert timedelta(days=2) == settings.session_rules.refresh_life
    assert (10, 'Scribes "App"') == (settings.bcrypt_rounds, settings.smtp_from_name)


def test_every_bad_variable_is_told_at_once(environment: Environment) -> None:
    environment.set(**BAD)

    assert sorted(BAD) == _named(_problems())


def test_every_variable_that_can_be_bad_is_tried() -> None:
    free = {
        "HOST", "DATA_DIR", "CORS_ORIGINS", "JWT_SECRET_KEY", "JWT_SECRET_KEY_PREVIOUS",
        "JWT_ISSUER", "COGNITO_URL", "COGNITO_CLIENT_SECRET",
        "JWT_AUDIENCE", "SMTP_HOST", "SMTP_USER", "SMTP_PASSWORD", "SMTP_FROM_EMAIL",
        "SMTP_FROM_NAME", "LOG_FILE",
    }  # fmt: skip

    assert {name.upper() for name in Settings.model_fields} == BAD.keys() | free


def test_a_problem_never_shows_the_value(environment: Environment) -> None:
    environment.set(
        DATABASE_URL="oracle://user:hunter2@db",
        REDIS_URL="memcached://:hunter2@cache",
        PORT="hunter2",
        JWT_ALGORITHM="hunter2",
    )

    assert not [problem for problem in _problems() if "hunter2" in problem]


@pytest.mark.parametrize(
    "half", [{"SMTP_USER": "jane"}, {"SMTP_PASSWORD": "secret"}], ids=str
)
def test_a_mail_user_and_a_mail_password_belong_together(
    environment: Environment, half: dict[str, str]
) -> None:
    environment.set(SMTP_HOST="mail.example.com", **half)

    assert ["SMTP_USER and SMTP_PASSWORD"] == _named(_problems())


def test_without_a_mail_host_nobody_asks_who_would_log_in_there(
    environment: Environment,
) -> None:
    environment.set(SMTP_USER="jane")

    assert "jane" == load_settings().smtp_user


def test_an_empty_variable_is_an_unset_one(environment: Environment) -> None:
    environment.set(**dict.fromkeys((*DEFAULTS, "JWT_SECRET_KEY"), ""))

    made = load_settings().model_dump(exclude={"jwt_secret_key"})

    assert DEFAULTS == {field.upper(): value for field, value in made.items()}


def test_bad_variables_of_a_dotenv_file_are_told_too(environment: Environment) -> None:
    environment.write_dotenv("PORT=http\nJWT_SECRET_KEY=secret:nowhere\n")
    environment.set(WORKERS="none")

    assert ["JWT_SECRET_KEY", "PORT", "WORKERS"] == _named(_problems())
