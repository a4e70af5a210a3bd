import os

import pytest

from config.loading import load_settings, warnings
from config.strays import OURS, nearest
from core.errors import BadConfiguration
from tests.unit.environment import Environment
from tests.unit.test_config_production import GOOD

NEAR = {
    "DATABSE_URL": "DATABASE_URL",
    "DATABASE_ULR": "DATABASE_URL",
    "DATABASE_URI": "DATABASE_URL",
    "DATABASEURL": "DATABASE_URL",
    "DB_URL": "DATABASE_URL",
    "MONGO_URL": "DATABASE_URL",
    "REDIS_URI": "REDIS_URL",
    "SECRET_URL": "SECRETS_URL",
    "SMTP_PASWORD": "SMTP_PASSWORD",
    "SMTP_PASS": "SMTP_PASSWORD",
    "SMTP_USERNAME": "SMTP_USER",
    "SMPT_HOST": "SMTP_HOST",
    "JWT_SECRET": "JWT_SECRET_KEY",
    "JWT_SECRET_KEY_FILE": "JWT_SECRET_KEY",
    "JWT_ACCES_TOKEN_EXPIRE_MINUTES": "JWT_ACCESS_TOKEN_EXPIRE_MINUTES",
    "APP_EVN": "APP_ENV",
    "LOGLEVEL": "LOG_LEVEL",
    "WORKER": "WORKERS",
    "RATE_LIMITS_ENABLED": "RATE_LIMIT_ENABLED",
    "CORS_ORIGIN": "CORS_ORIGINS",
    "PUBLIC_URI": "PUBLIC_URL",
}
OTHERS = (
    *("HOME", "HOSTNAME", "PATH", "PWD", "LANG", "TERM", "USER", "LOGNAME", "PORTS"),
    *(
        "HTTP_PORT",
        "HTTP_HOST",
        "API_URL",
        "SFTP_PASSWORD",
        "SFTP_HOST",
        "SNMP_PORT",
        "REDIS_PORT",
    ),
    *("SCRIBES_AUTH_PORT", "SCRIBES_AUTH_SERVICE_HOST", "REDIS_SERVICE_HOST", "TZ"),
    *(
        "DATABASE_HOST",
        "POSTGRES_PASSWORD",
        "AWS_REGION",
        "SSL_CERT_FILE",
        "PYTHONPATH",
    ),
    *(
        "DEBUG",
        "TMPDIR",
        "DATA",
        "HTTPS_PROXY",
        "KUBERNETES_SERVICE_PORT",
        "VIRTUAL_ENV",
    ),
)


@pytest.mark.parametrize(("name", "meant"), NEAR.items())
def test_a_name_near_one_of_ours_is_taken_for_it(name: str, meant: str) -> None:
    assert meant == nearest(name, OURS)


@pytest.mark.parametrize("name", OTHERS)
def test_names_of_others_are_theirs(name: str) -> None:
    assert nearest(name, OURS) is None


def test_no_setting_is_taken_for_another() -> None:
    for name in OURS:
        others = tuple(ours for ours in OURS if ours != name)
        assert nearest(name, others) is None or name in {"SMTP_PORT", "SMTP_HOST"}


@pytest.mark.parametrize("name", NEAR)
def test_what_is_near_is_told_in_development(
    environment: Environment, name: str
) -> None:
    environment.set(**{name: "x"})

    (warning,) = warnings(load_settings())

    assert warning.startswith(f"{name}: ")
    assert NEAR[name] in warning


@pytest.mark.parametrize("name", NEAR)
def test_what_is_near_is_told_in_a_dotenv_file_too(
    environment: Environment, name: str
) -> None:
    environment.write_dotenv(f"{name}=x\n")

    (warning,) = warnings(load_settings())

    assert warning.startswith(f"{name} (in .env): ")
    assert NEAR[name] in warning


@pytest.mark.parametrize("name", NEAR)
def test_production_does_not_start_on_a_default_that_was_not_meant(
    environment: Environment, name: str
) -> None:
    good = {it: value for it, value in GOOD.items() if it != NEAR[name]}
    environment.set(**good | {"APP_ENV": "production", name: "production"})
    if NEAR[name] == "APP_ENV":
        del os.environ["APP_ENV"]

    with pytest.raises(BadConfiguration) as bad:
        load_settings()

    assert [it for it in bad.value.problems if it.startswith(f"{name}: ")]


def test_what_is_near_a_setting_that_is_set_is_only_told(
    environment: Environment,
) -> None:
    environment.set(**GOOD, DATABASE_URL="memory://", DATABASE_URI="x")

    assert ["DATABASE_URI: did you mean DATABASE_URL?"] == warnings(load_settings())


def test_what_is_unknown_in_a_dotenv_file_is_told(environment: Environment) -> None:
    environment.write_dotenv("POSTGRES_PASSWORD=x\nADMIN_PASSWORD=x\nPORT=1\n")

    (warning,) = warnings(load_settings())

    assert warning.startswith("POSTGRES_PASSWORD (in .env): no setting of ours")


def test_a_secret_of_the_environment_may_have_any_name(
    environment: Environment,
) -> None:
    environment.set(
        **GOOD | {"JWT_SECRET_KEY": "secret:jwt-secret-kay"},
        DATABASE_URL="memory://",
        JWT_SECRET_KAY=GOOD["JWT_SECRET_KEY"],
        JWT_SECRET_KAY_PREVIOUS=GOOD["JWT_SECRET_KEY"],
    )

    assert [] == warnings(load_settings())
