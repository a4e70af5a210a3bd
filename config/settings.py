"""Every setting there is: its variable's name is the field's, in capitals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    HttpUrl,
    PrivateAttr,
    SecretStr,
    TypeAdapter,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from config.cores import usable_cores
from config.limits import limit_text, limits
from config.networks import Network, networks
from core.keyring import UNTOLD, KeyRules
from core.model import Backoff, Limit, SecretVersion
from core.sessions import Rotation, SessionRules


def _comma_list(value: object) -> object:
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    return value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _web_url(value: str) -> str:
    TypeAdapter(HttpUrl).validate_python(value)
    return value.rstrip("/")


WebUrl = Annotated[str, BeforeValidator(_web_url)]
LimitText = Annotated[str, BeforeValidator(limit_text)]
Seconds = Annotated[int, Field(ge=1)]


JWT_SECRET = "jwt_secret_key"  # noqa: S105 - a setting's name


@dataclass(frozen=True, slots=True)
class FoundSecret:
    """A secret that a setting refers to: all versions of the JWT secret, else the newest."""

    name: str
    versions: Sequence[SecretVersion]


class Settings(BaseSettings):
    """The configuration, read once."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    app_env: Literal["development", "production"] = "development"
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    workers: int = Field(1, ge=1, le=64)
    single_replica: bool = False
    data_dir: Path = Path("var")
    public_url: WebUrl | None = None
    cors_origins: Annotated[
        tuple[str, ...], NoDecode, BeforeValidator(_comma_list)
    ] = ()
    trusted_proxies: Annotated[
        tuple[Network, ...], NoDecode, BeforeValidator(networks)
    ] = ()
    forwarded_header: Annotated[
        Literal["x-forwarded-for", "forwarded"], BeforeValidator(_lower)
    ] = "x-forwarded-for"
    max_body_bytes: int = Field(65536, ge=1024)
    read_timeout_seconds: float = Field(10, gt=0)
    shutdown_timeout_seconds: int = Field(20, ge=1)

    database_url: SecretStr | None = None
    redis_url: SecretStr | None = None
    auto_migrate: bool | None = None
    event_retention_days: int = Field(365, ge=1)
    secrets_url: str = "env://"
    secrets_refresh_seconds: float = Field(60, ge=1)

    jwt_secret_key: SecretStr | None = None
    jwt_secret_key_previous: SecretStr | None = None
    jwt_algorithm: Literal[
        "HS256", "HS384", "HS512", "RS256", "PS256", "ES256", "EdDSA"
    ] = "HS256"
    jwt_key_activation_seconds: int | None = Field(None, ge=0)
    jwt_issuer: str = Field("scribes-auth", min_length=1)
    jwt_audience: str = Field("scribes", min_length=1)
    jwt_leeway_seconds: int = Field(10, ge=0, le=60)
    jwt_access_token_expire_minutes: int = Field(30, ge=1)
    jwt_access_token_expire_seconds: Seconds | None = None
    jwt_refresh_token_expire_days: int = Field(7, ge=1)
    jwt_refresh_token_expire_seconds: Seconds | None = None
    session_max_days: int = Field(30, ge=1)
    session_max_seconds: Seconds | None = None
    refresh_rotation: Rotation = Rotation.PATIENT
    refresh_grace_seconds: int = Field(30, ge=0, le=300)

    require_verified_email: bool = False
    verification_token_expire_hours: int = Field(24, ge=1)
    verification_token_expire_seconds: Seconds | None = None
    reset_token_expire_hours: int = Field(1, ge=1)
    reset_token_expire_seconds: Seconds | None = None
    verify_email_url: WebUrl | None = None
    password_reset_url: WebUrl | None = None

    password_policy: Literal["guide"] = "guide"  # noqa: S105 - a preset's name
    bcrypt_rounds: int = Field(12, ge=4, le=16)
    hash_max_wait_seconds: float = Field(2.5, gt=0)
    hash_threads: int | None = Field(None, ge=1, le=256)

    rate_limit_enabled: bool = True
    rate_limit_login: LimitText = "5/minute"
    rate_limit_register: LimitText = "3/hour"
    rate_limit_password_reset: LimitText = "3/hour"  # noqa: S105 - a limit
    rate_limit_resend_verification: LimitText = "3/hour"
    rate_limit_change_password: LimitText = "5/minute"  # noqa: S105
    rate_limit_refresh: LimitText = "120/minute"
    rate_limit_mails: LimitText = "5/hour"

    smtp_host: str | None = None
    smtp_port: int = Field(587, ge=1, le=65535)
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_tls: Literal["starttls", "implicit", "none"] | None = None
    smtp_timeout_seconds: float = Field(20, gt=0, le=30)
    smtp_from_email: str = "noreply@scribes.app"
    smtp_from_name: str = "Scribes App"
    outbox_poll_seconds: float = Field(1, gt=0)

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["console", "json"] | None = None
    log_file: Path | None = None
    metrics_enabled: bool = True

    _secrets: Mapping[str, FoundSecret] = PrivateAttr(default_factory=dict)

    @property
    def in_production(self) -> bool:
        return self.app_env == "production"

    @property
    def storage_url(self) -> str:
        if self.database_url is None:
            return f"sqlite:///{self.data_dir / 'scribes.db'}"
        return self.database_url.get_secret_value()

    @property
    def migrates_itself(self) -> bool:
        """Whether `serve` may change the schema: the embedded stores' always."""
        embedded = self.storage_url.startswith(("sqlite:", "memory:"))
        wanted = (
            not self.in_production if self.auto_migrate is None else self.auto_migrate
        )
        return embedded or wanted

    @property
    def event_life(self) -> timedelta:
        return timedelta(days=self.event_retention_days)

    @property
    def base_url(self) -> str:
        return self.public_url or f"http://localhost:{self.port}"

    @property
    def verification_page(self) -> str:
        return self.verify_email_url or f"{self.base_url}/verify-email"

    @property
    def reset_page(self) -> str:
        return self.password_reset_url or f"{self.base_url}/reset-password"

    @property
    def verification_life(self) -> timedelta:
        return _life(
            self.verification_token_expire_seconds,
            hours=self.verification_token_expire_hours,
        )

    @property
    def reset_life(self) -> timedelta:
        return _life(
            self.reset_token_expire_seconds, hours=self.reset_token_expire_hours
        )

    @property
    def leeway(self) -> timedelta:
        return timedelta(seconds=self.jwt_leeway_seconds)

    @property
    def session_rules(self) -> SessionRules:
        return SessionRules(
            access_life=_life(
                self.jwt_access_token_expire_seconds,
                minutes=self.jwt_access_token_expire_minutes,
            ),
            refresh_life=_life(
                self.jwt_refresh_token_expire_seconds,
                days=self.jwt_refresh_token_expire_days,
            ),
            session_life=_life(self.session_max_seconds, days=self.session_max_days),
            rotation=self.refresh_rotation,
            grace=timedelta(seconds=self.refresh_grace_seconds),
            require_verified_email=self.require_verified_email,
        )

    @property
    def key_rules(self) -> KeyRules:
        rules = self.session_rules
        # Mailed tokens are made with the same keys.
        lives = (
            min(rules.refresh_life, rules.session_life),
            self.verification_life,
            self.reset_life,
        )
        return KeyRules(
            activation=timedelta(seconds=self.key_activation_seconds),
            token_life=max(lives),
            leeway=self.leeway,
        )

    @property
    def key_activation_seconds(self) -> float:
        """A third of it is for replicas to see a new key, one for those who keep our JWKS."""
        if self.jwt_key_activation_seconds is None:
            return 3 * self.secrets_refresh_seconds
        return self.jwt_key_activation_seconds

    @property
    def has_jwt_backend(self) -> bool:
        """Whether the secrets backend has the JWT secret, so that it can change."""
        return JWT_SECRET in self._secrets

    @property
    def secrets_found(self) -> Mapping[str, FoundSecret]:
        """The settings that refer to secrets, and what those were at the start."""
        return self._secrets

    @property
    def jwt_versions(self) -> Sequence[SecretVersion]:
        """What the keys are made of, newest first; from the backend as of the start."""
        if self.has_jwt_backend:
            return self._secrets[JWT_SECRET].versions
        plain = (
            ("JWT_SECRET_KEY", self.jwt_secret_key),
            ("JWT_SECRET_KEY_PREVIOUS", self.jwt_secret_key_previous),
        )
        return [
            SecretVersion(value.get_secret_value(), variable, UNTOLD)
            for variable, value in plain
            if value is not None
        ]

    def limits(self, bucket: str, setting: str) -> tuple[Limit, ...]:
        """Return the limits of a bucket, from ``rate_limit_{setting}``; none if switched off."""
        if not self.rate_limit_enabled:
            return ()
        return limits(bucket, getattr(self, f"rate_limit_{setting}"))

    @property
    def threads_for_hashes(self) -> int:
        """In each process: its share of the cores, less one for all that is not hashing."""
        return self.hash_threads or max(1, usable_cores() // self.workers - 1)

    @property
    def backoff(self) -> Backoff | None:
        return Backoff() if self.rate_limit_enabled else None

    def with_jwt_secret(self, secret: str) -> Self:
        """Return the same settings with a secret that was made here."""
        return self.model_copy(update={"jwt_secret_key": SecretStr(secret)})

    def with_secret(self, setting: str, value: str) -> Self:
        """Return the same settings after the secret that one refers to was changed."""
        is_hidden = isinstance(getattr(self, setting), SecretStr)
        changed = SecretStr(value) if is_hidden else value
        return self.model_copy(update={setting: changed})

    def with_secrets_found(self, found: Mapping[str, FoundSecret]) -> Self:
        """Return the same settings with what the secrets backend has for them."""
        settings = self.model_copy()
        settings._secrets = found  # noqa: SLF001 - our own
        return settings


def _life(seconds: int | None, **guide_unit: int) -> timedelta:
    return timedelta(seconds=seconds) if seconds else timedelta(**guide_unit)
