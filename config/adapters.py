"""Which adapter stands behind which port: a URL's scheme, or a setting, decides."""

import os
from collections.abc import Callable, Iterator, Mapping
from email.message import EmailMessage
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points, version
from typing import TYPE_CHECKING, Any

from adapters.mail.mailbox import MailboxMailer
from adapters.mail.pages import MailPages
from adapters.mail.rendering import MailRenderer
from adapters.mail.samples import samples
from adapters.passwords import calibration
from adapters.rate_limit.fallback import FallbackRateLimiter
from adapters.rate_limit.memory import MemoryRateLimiter
from adapters.tracing.spans import Tracing
from config.settings import Settings
from config.urls import problem_with
from core import errors
from core.model import Locale, Mail, MailKind
from core.ports import Clock, Mailer, Metrics, RateLimiter, SecretProvider, Storage

if TYPE_CHECKING:
    from structlog.typing import Processor

ADAPTERS = {
    "storage": {
        "sqlite": "adapters.storage.sqlite:SqliteStorage",
        "memory": "adapters.storage.memory:MemoryStorage",
        "postgresql": "adapters.storage.postgres:PostgresStorage",
        "postgres": "adapters.storage.postgres:PostgresStorage",
        "mongodb": "adapters.storage.mongo:MongoStorage",
        "mongodb+srv": "adapters.storage.mongo:MongoStorage",
    },
    "rate_limit": {
        "redis": "adapters.rate_limit.redis:RedisRateLimiter",
        "rediss": "adapters.rate_limit.redis:RedisRateLimiter",
    },
    "secrets": {
        "env": "adapters.secrets.env:EnvSecrets",
        "file": "adapters.secrets.file:FileSecrets",
        "aws": "adapters.secrets.aws:AwsSecrets",
        "gcp": "adapters.secrets.gcp:GcpSecrets",
        "azure": "adapters.secrets.azure:AzureSecrets",
    },
}
"""Port, URL scheme, class. Outside adapters join by entry point group ``scribes_auth.PORT``."""

MAILBOX = "mailbox"
"""The folder for mails in ``DATA_DIR``."""

VARIABLES = {
    "storage": "DATABASE_URL",
    "rate_limit": "REDIS_URL",
    "secrets": "SECRETS_URL",
}
EXTRAS = {
    "aiosmtplib": "smtp",
    "psycopg": "postgres",
    "psycopg_pool": "postgres",
    "pymongo": "mongo",
    "bson": "mongo",
    "redis": "redis",
    "boto3": "aws",
    "botocore": "aws",
    "google": "gcp",
    "google_crc32c": "gcp",
    "grpc": "gcp",
    "azure": "azure",
    "aiohttp": "azure",
    "opentelemetry": "otel",
}
"""Which extra brings a package that an adapter imports."""


def storage(settings: Settings) -> Storage:
    """Make the storage that ``DATABASE_URL`` names; beside Cognito nothing is stored."""
    if settings.has_cognito:
        beside: Storage = _cognito().beside_pool(settings)
        return beside
    return storage_at(settings.storage_url)


def storage_at(url: str, variable: str = VARIABLES["storage"]) -> Storage:
    """Make the storage that a URL names; ``variable`` is what problems with it name."""
    adapter: Storage = _adapter("storage", url, variable)
    return adapter


def secrets(url: str) -> SecretProvider:
    """Make the secrets backend that ``SECRETS_URL`` names."""
    adapter: SecretProvider = _adapter("secrets", url)
    return adapter


def shared_limiter(settings: Settings, clock: Clock) -> RateLimiter:
    """Make the limiter that ``REDIS_URL`` names; without one, count in this process."""
    if settings.redis_url is None:
        return MemoryRateLimiter(clock)
    url = settings.redis_url.get_secret_value()
    adapter: RateLimiter = _adapter("rate_limit", url)
    return adapter


def rate_limiter(
    settings: Settings, shared: RateLimiter, clock: Clock, metrics: Metrics
) -> RateLimiter:
    """Make a limiter that counts in this process while a server does not answer."""
    if settings.redis_url is None:
        return shared
    return FallbackRateLimiter(shared, MemoryRateLimiter(clock), metrics)


def mailer(settings: Settings) -> Mailer:
    """Make the mailer: SMTP where a host is named, else the development mailbox."""
    renderer = mail_renderer(settings)
    if settings.smtp_host is None:
        return MailboxMailer(directory=settings.data_dir / MAILBOX, renderer=renderer)
    smtp = _import("adapters.mail.smtp", "SMTP_HOST")
    password = settings.smtp_password
    tls = settings.smtp_tls
    adapter: Mailer = smtp.SmtpMailer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        user=settings.smtp_user or "",
        password=password.get_secret_value() if password else "",
        tls=smtp.SmtpTls(tls) if tls else smtp.SmtpTls.default_for(settings.smtp_port),
        timeout=settings.smtp_timeout_seconds,
        renderer=renderer,
    )
    return adapter


def mail_renderer(settings: Settings) -> MailRenderer:
    """Make what composes mails, whatever sends them."""
    pages = MailPages(
        verify_email=settings.verification_page,
        not_me=settings.rejection_page,
        reset_password=settings.reset_page,
        invitation=settings.invitation_page,
        change_email=settings.email_change_page,
        undo_email=settings.email_undo_page,
    )
    return MailRenderer(
        from_email=settings.smtp_from_email,
        from_name=settings.smtp_from_name,
        pages=pages,
        locale=settings.mail_locale,
    )


def mail_previews(settings: Settings) -> Iterator[tuple[str, EmailMessage]]:
    """Return every mail in every language, and a name for its files."""
    renderer = mail_renderer(settings)
    return ((mail.id, renderer.message(mail)) for mail in samples())


def mail_sample(kind: MailKind, locale: Locale) -> Mail:
    """Return a mail of a kind in a language, about a person made up."""
    return next(it for it in samples() if (it.kind, it.locale) == (kind, locale))


def problems(settings: Settings) -> list[str]:
    """Return what is wrong with the choice of adapters; asks nobody."""
    choices: list[Callable[[], object]] = [
        lambda: storage(settings),
        lambda: secrets(settings.secrets_url),
        lambda: mailer(settings),
        lambda: _try_tracing(settings),
    ]
    if settings.redis_url is not None:
        url = settings.redis_url.get_secret_value()
        choices.append(lambda: _adapter("rate_limit", url))
    found: list[str] = []
    for choose in choices:
        try:
            choose()
        except errors.BadConfiguration as bad:
            found += bad.problems
    return found


def tracing(settings: Settings) -> Tracing:
    """Make what traces, if ``OTEL_EXPORTER_OTLP_ENDPOINT`` says where to."""
    if settings.otel_exporter_otlp_endpoint is None:
        return Tracing()
    adapter: Tracing = _otel().OtelTracing(
        settings.otel_exporter_otlp_endpoint,
        settings.otel_exporter_otlp_protocol,
        version("scribes-auth"),
    )
    return adapter


def _try_tracing(settings: Settings) -> None:
    """Begin and end at once: what OpenTelemetry makes of its own variables shows only then."""
    try:
        made = tracing(settings)
        made.open()
        made.close()
    except errors.BadConfiguration:
        raise
    except Exception as error:  # noqa: BLE001 - of any type
        raise errors.BadConfiguration(
            [f"{_opentelemetrys_own()}: OpenTelemetry can't work so: {error}"]
        ) from None


def _opentelemetrys_own() -> str:
    """Return the names of its variables that are set, besides those that are ours."""
    ours = {name.upper() for name in Settings.model_fields}
    its = [name for name in os.environ if name.startswith("OTEL_")]
    return ", ".join(sorted({*its} - ours)) or "OTEL_EXPORTER_OTLP_ENDPOINT"


def log_processors(settings: Settings) -> "list[Processor]":
    """Return what adds to log lines in which trace they were written."""
    if settings.otel_exporter_otlp_endpoint is None:
        return []
    return [_otel().with_trace]


def password_seconds(cost: int) -> float:
    """Return how long a core takes to hash a password at this cost."""
    return calibration.seconds_of(cost)


def _cognito() -> Any:  # noqa: ANN401 - a module
    return _import("config.cognito_pool", "AUTH_BACKEND")


def _otel() -> Any:  # noqa: ANN401 - a module
    return _import("adapters.tracing.otel", "OTEL_EXPORTER_OTLP_ENDPOINT")


def _adapter(port: str, url: str, variable: str = "") -> Any:  # noqa: ANN401 - a port's
    variable = variable or VARIABLES[port]
    # Before any adapter, be it from outside, or driver sees it.
    if problem := problem_with(url, takes_login=port != "secrets"):
        raise errors.BadConfiguration([f"{variable}: {problem}"])
    scheme, separator, _ = url.partition(":")
    outside = _outside()[port]
    inside = ADAPTERS[port]
    if scheme not in {*inside, *outside}:
        scheme = scheme.partition("+")[0]  # a driver's name, of no matter here
    if separator and scheme in outside:
        adapter = outside[scheme].load()
    elif separator and scheme in inside:
        module, name = inside[scheme].split(":")
        adapter = getattr(_import(module, variable), name)
    else:
        known = ", ".join(sorted({*inside, *outside})) or "none yet"
        raise errors.BadConfiguration(
            [f"{variable}: no adapter for this URL's scheme; known schemes: {known}"]
        )
    try:
        return adapter.from_url(url)
    except errors.BadConfiguration as bad:
        raise errors.BadConfiguration(
            [f"{variable}: {problem}" for problem in bad.problems]
        ) from None


@cache
def _outside() -> Mapping[str, Mapping[str, EntryPoint]]:
    """Return adapters of other packages, by port and scheme; a file of each package is read."""
    offers = entry_points()
    return {
        port: {it.name: it for it in offers.select(group=f"scribes_auth.{port}")}
        for port in ADAPTERS
    }


def _import(module: str, variable: str) -> Any:  # noqa: ANN401 - a module
    try:
        return import_module(module)
    except ModuleNotFoundError as missing:
        package = (missing.name or "").partition(".")[0]
        if package not in EXTRAS:
            raise
        raise errors.BadConfiguration(
            [f"{variable}: {package} is missing; pip install '.[{EXTRAS[package]}]'"]
        ) from None
