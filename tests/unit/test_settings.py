from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from config.loading import load_settings, warnings
from config.settings import Settings
from core.model import Limit
from tests.unit.environment import Environment


def test_a_dotenv_file_counts_and_the_environment_goes_before_it(
    environment: Environment,
) -> None:
    environment.write_dotenv(
        "# comment\nPORT=1\nHOST=0.0.0.0\n"
        'SMTP_FROM_NAME="Scribes App"  # comment\nUNKNOWN=1\n'
    )
    environment.set(PORT="2")

    settings = load_settings()

    assert ("0.0.0.0", 2, "Scribes App") == (  # noqa: S104 - listens nowhere
        settings.host,
        settings.port,
        settings.smtp_from_name,
    )


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("5/minute", [("login/minute", 5, timedelta(minutes=1))]),
        ("1/second", [("login/second", 1, timedelta(seconds=1))]),
        (
            "5/minute;20/hour",
            [
                ("login/minute", 5, timedelta(minutes=1)),
                ("login/hour", 20, timedelta(hours=1)),
            ],
        ),
        (" 100 / day ", [("login/day", 100, timedelta(days=1))]),
    ],
)
def test_a_limit_reads_like_a_sentence(
    environment: Environment, text: str, limits: list[tuple[str, int, timedelta]]
) -> None:
    environment.set(RATE_LIMIT_LOGIN=text)

    assert [Limit(*limit) for limit in limits] == [
        *load_settings().limits("login", "login")
    ]


def test_origins_are_parted_by_commas(environment: Environment) -> None:
    environment.set(CORS_ORIGINS="https://a.example, https://b.example ,")

    assert ("https://a.example", "https://b.example") == load_settings().cors_origins


def test_links_lead_to_the_public_url(environment: Environment) -> None:
    environment.set(PORT="9000")
    assert "http://localhost:9000/verify-email" == load_settings().verification_page

    environment.set(
        PUBLIC_URL="https://auth.example.com/",
        PASSWORD_RESET_URL="https://app.example.com/reset",
    )
    settings = load_settings()

    assert "https://auth.example.com/verify-email" == settings.verification_page
    assert "https://app.example.com/reset" == settings.reset_page


def test_settings_can_not_be_changed_and_do_not_show_secrets(
    environment: Environment,
) -> None:
    environment.set(JWT_SECRET_KEY="k" * 32, DATABASE_URL="memory://")

    settings = load_settings()

    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1  # type: ignore[misc] # that is the point
    assert "kkk" not in repr(settings)
    with pytest.raises(ValidationError) as bad:
        Settings(port="hunter2")
    assert "hunter2" not in str(bad.value)
    assert SecretStr("k" * 32) == settings.jwt_secret_key


def test_what_works_but_should_not_stay_so_is_warned_of(
    environment: Environment,
) -> None:
    assert [] == warnings(load_settings())

    environment.set(JWT_SECRET_KEY="short", SMTP_HOST="localhost", SMTP_TLS="none")
    found = warnings(load_settings())

    assert ["JWT_SECRET_KEY", "SMTP_TLS=none"] == [
        warning.replace(":", " ").split()[0] for warning in found
    ]


@pytest.mark.parametrize(
    ("variable", "life"),
    [
        ("JWT_ACCESS_TOKEN_EXPIRE_SECONDS", "session_rules.access_life"),
        ("JWT_REFRESH_TOKEN_EXPIRE_SECONDS", "session_rules.refresh_life"),
        ("SESSION_MAX_SECONDS", "session_rules.session_life"),
        ("VERIFICATION_TOKEN_EXPIRE_SECONDS", "verification_life"),
        ("RESET_TOKEN_EXPIRE_SECONDS", "reset_life"),
    ],
)
def test_seconds_go_before_the_guides_units(
    environment: Environment, variable: str, life: str
) -> None:
    environment.set(**{variable: "2"})

    found: Any = load_settings()
    for name in life.split("."):
        found = getattr(found, name)

    assert timedelta(seconds=2) == found


@pytest.mark.parametrize(
    ("settings", "itself"),
    [
        ({}, True),
        ({"AUTO_MIGRATE": "false"}, True),
        ({"DATABASE_URL": "postgresql://db/scribes"}, True),
        ({"DATABASE_URL": "postgresql://db/scribes", "AUTO_MIGRATE": "false"}, False),
        ({"DATABASE_URL": "mongodb://db/scribes", "AUTO_MIGRATE": "false"}, False),
    ],
)
def test_embedded_stores_migrate_themselves_and_servers_unless_told_not_to(
    environment: Environment, settings: dict[str, str], *, itself: bool
) -> None:
    environment.set(**settings)

    assert itself == load_settings().migrates_itself
