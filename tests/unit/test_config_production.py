import pytest

from config.loading import load_settings
from core.errors import BadConfiguration
from tests.unit.environment import STRONG, Environment

GOOD = {
    "APP_ENV": "production",
    "JWT_SECRET_KEY": STRONG,
    "SMTP_HOST": "mail.example.com",
    "PUBLIC_URL": "https://auth.example.com",
    "SINGLE_REPLICA": "true",
}

REFUSALS = [
    ({"JWT_SECRET_KEY": ""}, ["JWT_SECRET_KEY"]),
    ({"JWT_SECRET_KEY": STRONG[:31]}, ["JWT_SECRET_KEY"]),
    ({"JWT_ALGORITHM": "HS384", "JWT_SECRET_KEY": STRONG[:47]}, ["JWT_SECRET_KEY"]),
    ({"JWT_ALGORITHM": "HS512", "JWT_SECRET_KEY": STRONG[:63]}, ["JWT_SECRET_KEY"]),
    ({"SMTP_HOST": ""}, ["SMTP_HOST"]),
    ({"PUBLIC_URL": ""}, ["PUBLIC_URL"]),
    ({"BCRYPT_ROUNDS": "9"}, ["BCRYPT_ROUNDS"]),
    ({"SINGLE_REPLICA": ""}, ["DATABASE_URL", "REDIS_URL"]),
    (
        {"SINGLE_REPLICA": "", "DATABASE_URL": "memory://"},
        ["DATABASE_URL", "REDIS_URL"],
    ),
    ({"SINGLE_REPLICA": "", "RATE_LIMIT_ENABLED": "false"}, ["DATABASE_URL"]),
    ({"WORKERS": "2"}, ["WORKERS"]),
]

ACCEPTED = [
    {},
    {"JWT_SECRET_KEY": "\u00e4\u00f6" + STRONG[:28]},
    {"JWT_ALGORITHM": "HS384", "JWT_SECRET_KEY": STRONG[:48]},
    {"JWT_ALGORITHM": "HS512", "JWT_SECRET_KEY": STRONG[:64]},
    {"BCRYPT_ROUNDS": "10"},
    {"WORKERS": "2", "RATE_LIMIT_ENABLED": "false"},
]


def _problems() -> list[str]:
    with pytest.raises(BadConfiguration) as bad:
        load_settings()
    return [problem.partition(":")[0] for problem in bad.value.problems]


@pytest.mark.parametrize(("changes", "refused"), REFUSALS, ids=str)
def test_production_refuses_what_can_not_be_meant(
    environment: Environment, changes: dict[str, str], refused: list[str]
) -> None:
    environment.set(**GOOD | changes)

    assert refused == _problems()


@pytest.mark.parametrize("changes", ACCEPTED, ids=str)
def test_production_takes_what_can_be_meant(
    environment: Environment, changes: dict[str, str]
) -> None:
    environment.set(**GOOD | changes)

    assert load_settings().in_production


def test_production_tells_everything_at_once(environment: Environment) -> None:
    environment.set(APP_ENV="production", BCRYPT_ROUNDS="4", WORKERS="2", PORT="x")

    assert [
        "BCRYPT_ROUNDS",
        "DATABASE_URL",
        "JWT_SECRET_KEY",
        "PORT",
        "PUBLIC_URL",
        "REDIS_URL",
        "SMTP_HOST",
        "WORKERS",
    ] == sorted(_problems())


def test_production_never_makes_a_secret_of_its_own(environment: Environment) -> None:
    environment.set(**GOOD | {"JWT_SECRET_KEY": ""})

    assert ["JWT_SECRET_KEY"] == _problems()

    assert not [*environment.directory.iterdir()]


def test_development_takes_all_of_it(environment: Environment) -> None:
    environment.set(BCRYPT_ROUNDS="4", WORKERS="2", JWT_SECRET_KEY="short")

    assert not load_settings().in_production
