"""Every variable there is: its name is the field's, in capitals."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from config.limit_syntax import limit_text
from config.listening import HOST, PORT
from config.networks import Network, networks
from config.spelling import (
    as_listed,
    choices,
    credential,
    host,
    listening_host,
    secret,
)
from config.web_urls import base_url, origins, web_url
from core.identity.session_rules import LONGEST_GRACE, Rotation
from core.model import Locale

WebUrl = Annotated[str, BeforeValidator(web_url)]
BaseUrl = Annotated[str, BeforeValidator(base_url)]
Host = Annotated[str, BeforeValidator(host)]
Secret = Annotated[SecretStr, BeforeValidator(secret)]
Password = Annotated[SecretStr, BeforeValidator(credential)]
Name = Annotated[str, BeforeValidator(credential)]
LimitText = Annotated[str, BeforeValidator(limit_text)]
Seconds = Annotated[int, Field(ge=1)]


class Variables(BaseModel):
    """What an operator may set."""

    model_config = ConfigDict(
        defer_build=True, frozen=True, hide_input_in_errors=True, validate_default=True
    )

    app_env: Literal["development", "production"] = "development"
    host: Annotated[str, BeforeValidator(listening_host)] = HOST
    port: int = Field(PORT, ge=0, le=65535)
    workers: int = Field(1, ge=1, le=64)
    single_replica: bool = False
    data_dir: Path = Path("var")
    public_url: BaseUrl | None = None
    cors_origins: Annotated[tuple[str, ...], BeforeValidator(origins)] = ()
    trusted_proxies: Annotated[tuple[Network, ...], BeforeValidator(networks)] = ()
    forwarded_header: Literal["x-forwarded-for", "forwarded"] = "x-forwarded-for"
    max_body_bytes: int = Field(65536, ge=1024)
    max_request_line_bytes: int = Field(8192, ge=1024)
    max_header_bytes: int = Field(65536, ge=4096)
    max_headers: int = Field(128, ge=16)
    max_connections: int = Field(8000, ge=1)
    max_connections_per_address: int = Field(1000, ge=1)
    keep_alive_seconds: int = Field(620, ge=1)
    read_timeout_seconds: float = Field(10, gt=0)
    shutdown_timeout_seconds: int = Field(20, ge=1)

    auth_backend: Literal["native", "cognito"] = "native"
    cognito_url: str | None = None
    cognito_client_secret: Password | None = None
    cognito_user_cache_seconds: float = Field(60, ge=0, le=3600)

    database_url: Secret | None = None
    redis_url: Secret | None = None
    auto_migrate: bool | None = None
    event_retention_days: int = Field(365, ge=1)
    secrets_url: str = "env://"
    secrets_refresh_seconds: float = Field(60, ge=1)

    jwt_secret_key: Secret | None = None
    jwt_secret_key_previous: Secret | None = None
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
    refresh_grace_seconds: int = Field(30, ge=0, le=LONGEST_GRACE.seconds)

    require_verified_email: bool = False
    verification_token_expire_hours: int = Field(24, ge=1)
    verification_token_expire_seconds: Seconds | None = None
    reset_token_expire_hours: int = Field(1, ge=1)
    reset_token_expire_seconds: Seconds | None = None
    verify_email_url: WebUrl | None = None
    password_reset_url: WebUrl | None = None
    invitation_expire_hours: int = Field(72, ge=1)
    invitation_expire_seconds: Seconds | None = None
    email_undo_expire_hours: int = Field(72, ge=1)
    email_undo_expire_seconds: Seconds | None = None
    invitation_url: WebUrl | None = None
    app_url: WebUrl | None = None
    admin_require_if_match: bool = False

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
    rate_limit_invitation: LimitText = "30/hour"
    rate_limit_change_email: LimitText = "5/hour"
    rate_limit_admin: LimitText = "300/minute"
    rate_limit_refresh: LimitText = "120/minute"
    rate_limit_mails: LimitText = "5/hour"

    smtp_host: Host | None = None
    smtp_port: int = Field(587, ge=1, le=65535)
    smtp_user: Name | None = None
    smtp_password: Password | None = None
    smtp_tls: Literal["starttls", "implicit", "none"] | None = None
    smtp_timeout_seconds: float = Field(20, gt=0, le=30)
    smtp_from_email: str = "noreply@scribes.app"
    smtp_from_name: str = "Scribes App"
    mail_locale: Locale = Locale.EN
    notify_new_sign_in: bool = True
    outbox_poll_seconds: float = Field(1, gt=0)

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["console", "json"] | None = None
    log_file: Path | None = None
    metrics_enabled: bool = True
    otel_exporter_otlp_endpoint: BaseUrl | None = None
    otel_exporter_otlp_protocol: Literal["http/protobuf", "grpc"] = "http/protobuf"
    docs_enabled: bool = True

    @field_validator("*", mode="before")
    @classmethod
    def _in_any_case(cls, value: object, about: ValidationInfo) -> object:
        words = choices(cls.model_fields[str(about.field_name)].annotation)
        return as_listed(value, words) if words else value
