from base64 import b64encode
from hashlib import sha256
from secrets import token_bytes, token_hex, token_urlsafe

import pytest

from config.jwt_keys import key_warnings
from config.loading import load_settings, warnings
from core.errors import BadConfiguration
from tests.unit.environment import STRONG, Environment

GUIDES = b"your-super-secret-key-min-32-chars"
GOOD = {
    "APP_ENV": "production",
    "JWT_SECRET_KEY": STRONG,
    "SMTP_HOST": "mail.example.com",
    "PUBLIC_URL": "https://auth.example.com",
    "SINGLE_REPLICA": "true",
}

PAGES = ("PUBLIC_URL", "VERIFY_EMAIL_URL", "PASSWORD_RESET_URL", "INVITATION_URL")
HOSTS = ("auth.example.com", "localhost:8000", "127.0.0.1")
GUESSABLE = [
    *("your-super-secret-key-min-32-chars", "your-jwt-secret-key-here-1234567890"),
    *("a" * 32, "ab" * 16, "k" * 64, "0" * 32, "0123456789abcdef" * 2, "changeme" * 4),
    *("abcdefghijklmnopqrstuvwxyz012345", "zyxwvutsrqponmlkjihgfedcba987654"),
    *("qwertyuiopasdfghjklzxcvbnm123456", "1q2w3e4r5t6y7u8i9o0p1q2w3e4r5t6y"),
    *("11112222333344445555666677778888", "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6"),
    *("change_this_secret_in_production_please", "supersecret-supersecret-supersecret"),
    *(
        "a-string-secret-at-least-256-bits-long",
        "<random-secret-key><random-secret-key>",
    ),
    *(
        "JWT_SECRET_KEY=your-super-secret-key-min",
        "dev-secret-do-not-use-in-production",
    ),
    *("YOUR_SUPER_SECRET_JWT_KEY_CHANGE_THIS_IN_PRODUCTION", "Password" * 8 + "1!"),
    *("00000000-0000-0000-0000-000000000000", "123e4567-e89b-12d3-a456-426614174000"),
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
    *(b64encode(it).decode() for it in (GUIDES, b64encode(GUIDES), b"\0" * 32)),
    GUIDES.hex(),
    *(bytes(range(32)).hex(), b64encode(bytes(range(0, 256, 8))).decode()),
    *("s3cr3t-k3y-f0r-jwt-s1gn1ng-s3rv1c3", "P@ssw0rd1P@ssw0rd2P@ssw0rd3P@ssw0rd4"),
    *(sha256(b"").hexdigest(), sha256(b"password").hexdigest().upper()),
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    *(
        "dein-geheimer-schluessel-hier-eintragen",
        "monkeydragonbaseballfootballsunshine",
    ),
    "correct horse battery staple correct horse",
    "scribes-auth-jwt-secret-key-production-2026!",
]

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
    *(({name: f"http://{host}/x"}, [name]) for name in PAGES for host in HOSTS),
    ({"JWT_SECRET_KEY_PREVIOUS": "changeme" * 4}, ["JWT_SECRET_KEY_PREVIOUS"]),
    ({"DATABSE_URL": "postgresql://db/auth"}, ["DATABSE_URL"]),
    ({"SMTP_PASWORD": "x"}, ["SMTP_PASWORD"]),
]

ACCEPTED = [
    {},
    {"JWT_SECRET_KEY": "\u00e4\u00f6" + STRONG[:28]},
    {"JWT_ALGORITHM": "HS384", "JWT_SECRET_KEY": STRONG[:48]},
    {"JWT_ALGORITHM": "HS512", "JWT_SECRET_KEY": STRONG[:64]},
    {"BCRYPT_ROUNDS": "10"},
    {"WORKERS": "2", "RATE_LIMIT_ENABLED": "false"},
    {"APP_ENV": "Production"},
    {"APP_ENV": " PRODUCTION "},
    {"PUBLIC_URL": "HTTPS://auth.example.com"},
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


@pytest.mark.parametrize("secret", GUESSABLE)
def test_production_refuses_a_secret_that_can_be_guessed(
    environment: Environment, secret: str
) -> None:
    environment.set(**GOOD | {"JWT_SECRET_KEY": secret})

    with pytest.raises(BadConfiguration, match="can be guessed") as bad:
        load_settings()

    assert secret not in str(bad.value)


def test_whoever_draws_a_secret_by_lot_may_use_it(environment: Environment) -> None:
    for draw in (token_hex, token_urlsafe, lambda size: b64encode(token_bytes(size))):
        for size in (24, 32, 64):
            drawn = draw(size)
            secret = drawn if isinstance(drawn, str) else drawn.decode()
            environment.set(**GOOD | {"JWT_SECRET_KEY": secret})

            assert [] == key_warnings(load_settings())


def test_development_is_warned_of_a_secret_that_can_be_guessed(
    environment: Environment,
) -> None:
    environment.set(JWT_SECRET_KEY=GUIDES.decode())

    (warning,) = warnings(load_settings())

    assert warning.startswith("JWT_SECRET_KEY: it can be guessed")


@pytest.mark.parametrize("value", ["prod", "staging", "productions", "dev", " "])
def test_an_environment_that_is_neither_word_is_an_error(
    environment: Environment, value: str
) -> None:
    environment.set(APP_ENV=value)

    assert ["APP_ENV"] == _problems()


@pytest.mark.parametrize(
    ("changes", "warned"),
    [
        ({}, ["DATABASE_URL is not set"]),
        ({"DATABASE_URL": "sqlite:///x.db"}, []),
        ({"DATABASE_URL": "sqlite:///x.db", "CORS_ORIGINS": "*"}, ["CORS_ORIGINS=*"]),
        (
            {
                "DATABASE_URL": "sqlite:///x.db",
                "CORS_ORIGINS": "http://app.example.com",
            },
            ["CORS_ORIGINS: http://app.example.com"],
        ),
        (
            {"DATABASE_URL": "sqlite:///x.db", "CORS_ORIGINS": "http://localhost:3000"},
            [],
        ),
        (
            {"DATABASE_URL": "sqlite:///x.db", "RATE_LIMIT_ENABLED": "false"},
            ["RATE_LIMIT_ENABLED=false"],
        ),
    ],
    ids=str,
)
def test_production_is_warned_of_what_is_seldom_meant(
    environment: Environment, changes: dict[str, str], warned: list[str]
) -> None:
    environment.set(**GOOD | changes)

    found = warnings(load_settings())

    assert len(warned) == len(found)
    assert all(map(str.startswith, found, warned))


def test_development_takes_all_of_it(environment: Environment) -> None:
    environment.set(BCRYPT_ROUNDS="4", WORKERS="2", JWT_SECRET_KEY="short")

    assert not load_settings().in_production
