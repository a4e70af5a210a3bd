import sys
from pathlib import Path

import pytest

from adapters.mail.mailbox import MailboxMailer
from adapters.mail.smtp import SmtpMailer, SmtpTls
from adapters.rate_limit.fallback import FallbackRateLimiter
from adapters.rate_limit.memory import MemoryRateLimiter
from adapters.rate_limit.redis import RedisRateLimiter
from adapters.secrets.file import FileSecrets
from adapters.storage.memory import MemoryStorage
from adapters.storage.sqlite import SqliteStorage
from config import adapters
from config.container import Container
from config.loading import load_settings
from core.errors import BadConfiguration
from tests.unit.environment import Environment

OUTSIDE = """
from adapters.storage.memory import MemoryStorage


class CloudStorage(MemoryStorage):
    @classmethod
    def from_url(cls, url):
        assert url == "cloud://nine"
        return super().from_url("memory://")
"""


def _container() -> Container:
    return Container(settings=load_settings())


def _problem() -> str:
    with pytest.raises(BadConfiguration) as bad:
        load_settings()
    (problem,) = bad.value.problems
    return problem


@pytest.mark.usefixtures("environment")
def test_every_provider_builds_and_connects_to_nothing() -> None:
    container = _container()

    built = {name: provider() for name, provider in container.providers.items()}

    assert None not in built.values()
    assert built == {name: make() for name, make in container.providers.items()}
    assert ["jwt-secret"] == [file.name for file in Path("var").iterdir()]


@pytest.mark.usefixtures("environment")
def test_by_default_everything_is_embedded() -> None:
    container = _container()

    assert SqliteStorage is type(container.replaceable_storage().adapter)
    assert MemoryRateLimiter is type(container.replaceable_limiter().adapter)
    assert MailboxMailer is type(container.replaceable_mailer().adapter)


def test_services_get_what_the_settings_say(environment: Environment) -> None:
    environment.set(
        BCRYPT_ROUNDS="5",
        JWT_ISSUER="me",
        JWT_AUDIENCE="you",
        RESET_TOKEN_EXPIRE_SECONDS="7",
        DATABASE_URL="memory://",
    )

    container = _container()

    settings, sessions = container.settings(), container.sessions()
    assert 5 == container.hasher().rounds
    assert ("me", "you") == (container.tokens().issuer, container.tokens().audience)
    assert settings.session_rules == sessions.rules
    assert container.keyring() is container.token_service().keyring
    assert settings.key_rules == container.keyring().rules
    assert settings.leeway == container.token_service().leeway
    assert settings.mailed_token_lives == container.mailed_tokens().lives
    assert container.storage() is container.mailed_tokens().storage
    assert container.storage().users is sessions.users
    assert MemoryStorage is type(container.replaceable_storage().adapter)


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
def test_limits_are_counted_in_redis_and_here_while_it_is_away(
    environment: Environment, scheme: str
) -> None:
    environment.set(REDIS_URL=f"{scheme}://cache.example.com")

    container = _container()
    limiter = container.limiter()

    assert isinstance(limiter, FallbackRateLimiter)
    assert container.replaceable_limiter().proxy is limiter.shared
    assert RedisRateLimiter is type(container.replaceable_limiter().adapter)
    assert MemoryRateLimiter is type(limiter.ours)


def test_a_missing_redis_package_is_told(environment: Environment) -> None:
    for name in [name for name in sys.modules if "redis" in name.split(".")]:
        environment.monkeypatch.delitem(sys.modules, name)
    environment.monkeypatch.setitem(sys.modules, "redis", None)
    environment.set(REDIS_URL="redis://cache.example.com")

    assert "REDIS_URL: redis is missing; pip install '.[redis]'" == _problem()


@pytest.mark.parametrize(
    ("settings", "tls"),
    [
        ({}, SmtpTls.STARTTLS),
        ({"SMTP_PORT": "465"}, SmtpTls.IMPLICIT),
        ({"SMTP_PORT": "465", "SMTP_TLS": "none"}, SmtpTls.NONE),
        ({"SMTP_TLS": "implicit"}, SmtpTls.IMPLICIT),
    ],
)
def test_a_mail_host_is_spoken_to_by_smtp(
    environment: Environment, settings: dict[str, str], tls: SmtpTls
) -> None:
    environment.set(SMTP_HOST="mail.example.com", **settings)

    mailer = _container().replaceable_mailer().adapter

    assert isinstance(mailer, SmtpMailer)
    assert ("mail.example.com", tls) == (mailer.host, mailer.tls)


def test_secrets_may_be_kept_in_files(environment: Environment) -> None:
    secrets = adapters.secrets(f"file://{environment.directory}")

    assert isinstance(secrets, FileSecrets)
    assert environment.directory == secrets.directory


@pytest.mark.parametrize(
    "settings",
    [
        {"DATABASE_URL": "oracle://db"},
        {"DATABASE_URL": "sqlite"},
        {"DATABASE_URL": "memory"},
        {"REDIS_URL": "memcached://cache"},
        {"REDIS_URL": "cache.example.com"},
        {"SECRETS_URL": "vault://safe", "JWT_SECRET_KEY": "k" * 32},
    ],
    ids=str,
)
def test_an_unknown_scheme_is_told_with_those_we_know(
    environment: Environment, settings: dict[str, str]
) -> None:
    environment.set(**settings)

    variable = next(iter(settings))
    known = {name: port for port, name in adapters.VARIABLES.items()}[variable]

    assert _problem().startswith(f"{variable}: no adapter for this URL's scheme")
    for scheme in adapters.ADAPTERS[known]:
        assert scheme in _problem()


def test_what_an_adapter_can_not_read_in_its_url_is_told(
    environment: Environment,
) -> None:
    environment.set(DATABASE_URL="sqlite:///x.db?mode=ro")

    assert _problem().startswith("DATABASE_URL: ")


def test_a_missing_package_tells_which_extra_brings_it(
    environment: Environment,
) -> None:
    environment.monkeypatch.setitem(sys.modules, "aiosmtplib", None)
    environment.monkeypatch.delitem(sys.modules, "adapters.mail.smtp")
    environment.set(SMTP_HOST="mail.example.com")

    assert "SMTP_HOST: aiosmtplib is missing; pip install '.[smtp]'" == _problem()


def test_a_package_that_no_extra_brings_is_a_bug_and_looks_like_one(
    environment: Environment,
) -> None:
    environment.monkeypatch.setitem(sys.modules, "adapters.mail.rendering", None)
    environment.monkeypatch.delitem(sys.modules, "adapters.mail.smtp")
    environment.set(SMTP_HOST="mail.example.com")

    with pytest.raises(ModuleNotFoundError):
        load_settings()


def test_an_outside_adapter_joins_by_its_entry_point(environment: Environment) -> None:
    _install(environment.directory / "site", "storage", "cloud = cloud:CloudStorage")
    environment.monkeypatch.syspath_prepend(environment.directory / "site")
    environment.set(DATABASE_URL="cloud://nine")

    storage = _container().replaceable_storage().adapter

    assert "CloudStorage" == type(storage).__name__


def test_an_unknown_scheme_is_told_with_outside_ones_too(
    environment: Environment,
) -> None:
    _install(environment.directory / "site", "storage", "cloud = cloud:CloudStorage")
    environment.monkeypatch.syspath_prepend(environment.directory / "site")
    environment.set(DATABASE_URL="oracle://db")

    assert "cloud, memory" in _problem()


def _install(site: Path, port: str, entry_point: str) -> None:
    """Install a distribution as pip would leave it behind, before the program starts."""
    adapters._outside.cache_clear()  # noqa: SLF001 - a program looks once
    facts = site / "cloud-1.0.dist-info"
    facts.mkdir(parents=True)
    (facts / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: cloud\nVersion: 1.0\n"
    )
    (facts / "entry_points.txt").write_text(f"[scribes_auth.{port}]\n{entry_point}\n")
    (site / "cloud.py").write_text(OUTSIDE)
