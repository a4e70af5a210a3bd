"""The configuration: the variables, and what follows from them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import PrivateAttr, SecretStr

from config.cores import usable_cores
from config.limit_syntax import limits
from config.variables import Variables
from config.web_urls import origin_of
from core.identity.session_rules import SessionRules
from core.keys.keyring import KeyRules
from core.model import UNTOLD, Backoff, Limit, Purpose, SecretVersion
from core.operations.secret_watch import SecretReference

JWT_SECRET = "jwt_secret_key"  # noqa: S105 - a setting's name


@dataclass(frozen=True, slots=True)
class FoundSecret:
    """A secret that a setting refers to, and its versions at the start."""

    secret: SecretReference
    versions: Sequence[SecretVersion]


class Settings(Variables):
    """The configuration, read once."""

    _secrets: Mapping[str, FoundSecret] = PrivateAttr(default_factory=dict)

    @property
    def in_production(self) -> bool:
        return self.app_env == "production"

    @property
    def has_cognito(self) -> bool:
        """Whether Amazon Cognito keeps the users."""
        return self.auth_backend == "cognito"

    @property
    def storage_url(self) -> str:
        if self.has_cognito:
            return "memory://"
        if self.database_url is None:
            return f"sqlite:///{self.data_dir / 'scribes.db'}"
        return self.database_url.get_secret_value()

    @property
    def migrates_itself(self) -> bool:
        """Whether `serve` may change the schema: the embedded stores' always."""
        wanted = (
            not self.in_production if self.auto_migrate is None else self.auto_migrate
        )
        return self.is_embedded or wanted

    @property
    def is_embedded(self) -> bool:
        """Whether the storage is of this process alone, without a server."""
        return self.storage_url.startswith(("sqlite:", "memory:"))

    @property
    def event_life(self) -> timedelta:
        return timedelta(days=self.event_retention_days)

    @property
    def base_url(self) -> str:
        return self.public_url or f"http://localhost:{self.port}"

    @property
    def origin(self) -> str:
        """Whose pages ours are, as browsers write it."""
        return origin_of(self.base_url)

    @property
    def base_path(self) -> str:
        """Under which path users reach the service; empty if under none."""
        return urlsplit(self.public_url or "").path.rstrip("/")

    @property
    def is_https(self) -> bool:
        """Whether users reach the service by https."""
        return self.origin.startswith("https:")

    @property
    def verification_page(self) -> str:
        return self.verify_email_url or f"{self.base_url}/verify-email"

    @property
    def rejection_page(self) -> str:
        """Ours, wherever the others lead: an app may not have one."""
        return f"{self.base_url}/verify-email/reject"

    @property
    def reset_page(self) -> str:
        return self.password_reset_url or f"{self.base_url}/reset-password"

    @property
    def invitation_page(self) -> str:
        return self.invitation_url or f"{self.base_url}/invitation"

    @property
    def email_change_page(self) -> str:
        return f"{self.base_url}/change-email"

    @property
    def email_undo_page(self) -> str:
        return f"{self.base_url}/change-email/undo"

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
    def invitation_life(self) -> timedelta:
        return _life(self.invitation_expire_seconds, hours=self.invitation_expire_hours)

    @property
    def email_undo_life(self) -> timedelta:
        return _life(self.email_undo_expire_seconds, hours=self.email_undo_expire_hours)

    @property
    def mailed_token_lives(self) -> Mapping[Purpose, timedelta]:
        return {
            Purpose.VERIFY_EMAIL: self.verification_life,
            Purpose.RESET_PASSWORD: self.reset_life,
            Purpose.INVITATION: self.invitation_life,
            Purpose.CHANGE_EMAIL: self.verification_life,
            Purpose.UNDO_EMAIL: self.email_undo_life,
        }

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
            notify_new_sign_in=self.notify_new_sign_in,
        )

    @property
    def key_rules(self) -> KeyRules:
        rules = self.session_rules
        # Mailed tokens are made with the same keys.
        lives = (
            min(rules.refresh_life, rules.session_life),
            *self.mailed_token_lives.values(),
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
        """In each process: its share of all cores; the threads are nice to all other work."""
        return self.hash_threads or math.ceil(usable_cores() / self.workers)

    @property
    def backoff(self) -> Backoff | None:
        return Backoff() if self.rate_limit_enabled else None

    @classmethod
    def default_of(cls, setting: str) -> Any:  # noqa: ANN401 - of any type
        """Return what holds where nothing is written."""
        return cls.model_fields[setting].default

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
