import pytest
from typer.testing import CliRunner

from config import adapters
from config.loading import load_settings
from core.errors import BadConfiguration
from entrypoints.cli.app import app
from tests.unit.environment import Environment

SERVERS = {
    "DATABASE_URL": ("postgresql", "postgres", "postgresql+asyncpg", "mongodb"),
    "REDIS_URL": ("redis", "rediss"),
}
PASSWORDS = (
    *("Hunter2@TopSecretTail", "Hunter2/TopSecretTail", "Hunter2?TopSecretTail"),
    *("Hunter2#TopSecretTail", "Hunter2@a@TopSecretTail", "Hunter2/b?c#TopSecretTail"),
    *("Hunter2 TopSecretTail", "Hunter2\tTopSecretTail", "@Hunter2TopSecretTail"),
)
URLS = [
    (variable, f"{scheme}://TopUser:{password}@db.example.com:1234/0")
    for variable, schemes in SERVERS.items()
    for scheme in schemes
    for password in PASSWORDS
]
OTHERS = [
    ("DATABASE_URL", "oracle://TopUser:Hunter2@db"),
    ("DATABASE_URL", "sqlite://TopUser:Hunter2@db/x.db"),
    ("DATABASE_URL", "sqlite:///TopUser:Hunter2@db/x.db"),
    ("DATABASE_URL", "sqlite:///x.db?password=Hunter2"),
    ("DATABASE_URL", "memory://TopUser:Hunter2@db"),
    ("DATABASE_URL", "postgresql://TopUser:Hunter2%zz@db/x"),
    ("DATABASE_URL", "postgresql://TopUser:Hunter2@db/x?colour=Hunter2"),
    ("DATABASE_URL", "mongodb://TopUser:Hunter2%zz@db/x"),
    ("DATABASE_URL", "TopUser:Hunter2@db"),
    ("REDIS_URL", "redis://TopUser:[Hunter2@db"),
    ("REDIS_URL", "redis://TopUser:Hunter2@db:port"),
    ("SECRETS_URL", "aws://TopUser:Hunter2@eu-west-1/scribes/"),
    ("SECRETS_URL", "gcp://TopUser:Hunter2@project"),
    ("SECRETS_URL", "azure://TopUser:Hunter2@vault"),
    ("SECRETS_URL", "azure://vault?endpoint=https://TopUser:Hunter2@host"),
    ("SECRETS_URL", "gcp://project?endpoint=TopUser:Hunter2@host"),
    ("SECRETS_URL", "file://TopUser:Hunter2@host/run"),
    ("SECRETS_URL", "env://TopUser:Hunter2@host"),
    ("PUBLIC_URL", "https://TopUser:Hunter2@auth.example.com"),
    ("VERIFY_EMAIL_URL", "https://TopUser:Hunter2@auth.example.com"),
    ("PASSWORD_RESET_URL", "TopUser:Hunter2@auth.example.com"),
    ("CORS_ORIGINS", "https://TopUser:Hunter2@auth.example.com"),
    ("SMTP_HOST", "smtp://TopUser:Hunter2@mail.example.com"),
    ("SMTP_HOST", "TopUser:Hunter2@mail.example.com"),
]


def _problems() -> tuple[str, ...]:
    with pytest.raises(BadConfiguration) as bad:
        load_settings()
    return bad.value.problems


@pytest.mark.parametrize(("variable", "url"), URLS)
def test_a_password_that_would_end_its_part_of_a_url_must_be_percent_encoded(
    environment: Environment, variable: str, url: str
) -> None:
    environment.set(**{variable: url, "JWT_SECRET_KEY": "k" * 32})

    (problem,) = _problems()

    assert problem.startswith(f"{variable}: ")
    assert "percent-encode it" in problem
    assert not [part for part in ("Top", "Hunter2", "Tail") if part in problem]


@pytest.mark.parametrize(("variable", "url"), OTHERS)
def test_no_problem_with_a_url_shows_who_logs_in_by_it(
    environment: Environment, variable: str, url: str
) -> None:
    environment.set(**{variable: url, "JWT_SECRET_KEY": "k" * 32})

    (problem,) = _problems()

    assert problem.startswith(f"{variable}: ")
    assert not [part for part in ("Top", "Hunter2") if part in problem]


@pytest.mark.parametrize("end", ["--from", "--to"])
@pytest.mark.parametrize("url", [url for name, url in URLS if name == "DATABASE_URL"])
def test_the_ends_of_a_transfer_are_shown_no_more(
    environment: Environment, end: str, url: str
) -> None:
    ends = {"--from": "memory://", "--to": "memory://"} | {end: url}
    environment.set(JWT_SECRET_KEY="k" * 32)

    told = CliRunner().invoke(
        app, ["transfer", *(it for e in ends.items() for it in e)]
    )

    assert told.exit_code
    assert "percent-encode it" in told.output
    assert not [part for part in ("Top", "Hunter2", "Tail") if part in told.output]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:p%40ss%2Fw@one:5432,two:5432/auth?sslmode=require",
        "postgresql:///auth?host=/run/postgresql&user=me@here",
        "postgresql://user@%2Frun%2Fpostgresql/auth",
        "mongodb://user:p%40ss@one:27017,two:27017/auth?replicaSet=rs",
        "sqlite:////data/me@example/my files/x.db",
    ],
)
def test_a_url_that_means_one_thing_only_is_taken(url: str) -> None:
    adapters.storage_at(url)


def test_a_prefix_of_secrets_may_hold_an_at() -> None:
    adapters.secrets("aws://eu-west-1/team@auth/")


@pytest.mark.parametrize("variable", ["DATABASE_URL", "REDIS_URL", "SECRETS_URL"])
def test_json_in_place_of_a_url_is_told_where_the_url_in_it_is(
    environment: Environment, variable: str
) -> None:
    environment.set(
        **{variable: '{"username": "me", "password": "Hunter2"}'},
        JWT_SECRET_KEY="k" * 32,
    )

    (problem,) = _problems()

    assert problem.startswith(f"{variable}: this is JSON")
    assert "#url" in problem
