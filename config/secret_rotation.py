"""What becomes of a secret that was changed in its backend."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from adapters.tracing.spans import Tracing
from config import adapters
from config.observation import observed_secret
from config.replaceable import Replaceable, close
from config.settings import JWT_SECRET, Settings
from core import errors
from core.keys.keyring import Keyring
from core.model import SecretVersion
from core.operations.schema import demand_schema
from core.operations.secret_watch import Watched
from core.ports import Clock, Mailer, RateLimiter, Storage

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class SecretRotation:
    """Puts the settings in force that refer to secrets, whenever those change."""

    settings: Settings
    clock: Clock
    keyring: Keyring
    storage: Replaceable[Storage]
    limiter: Replaceable[RateLimiter]
    mailer: Replaceable[Mailer]
    tracing: Tracing
    _values: dict[str, str] = field(init=False, repr=False)
    """In force, by setting."""

    def __post_init__(self) -> None:
        found = self.settings.secrets_found
        self._values = {it: found[it].versions[0].value for it in found}

    def watched(self) -> list[Watched]:
        return [
            Watched(
                observed_secret(self.tracing, found.secret),
                self._use_keys
                if setting == JWT_SECRET
                else partial(self._use, setting),
            )
            for setting, found in self.settings.secrets_found.items()
        ]

    async def _use_keys(self, versions: Sequence[SecretVersion]) -> None:
        self.keyring.load(versions)

    async def _use(self, setting: str, versions: Sequence[SecretVersion]) -> None:
        newest = versions[0]
        if newest.value == self._values[setting]:
            return
        renew = self._renewals.get(setting)
        told = {"setting": setting.upper(), "version": newest.version}
        if renew is None:
            log.warning("Secret changed: restart to use the new value", extra=told)
        else:
            settings = self.settings.with_secret(setting, newest.value)
            await renew(settings)
            self.settings = settings
            log.info("Secret changed and in force", extra=told)
        self._values[setting] = newest.value

    @property
    def _renewals(self) -> Mapping[str, Callable[[Settings], Awaitable[None]]]:
        return {
            "database_url": self._renew_storage,
            "redis_url": self._renew_limiter,
            "smtp_user": self._renew_mailer,
            "smtp_password": self._renew_mailer,
        }

    async def _renew_storage(self, settings: Settings) -> None:
        successor = adapters.storage(settings)
        async with _closed_on_failure(successor):
            try:
                await successor.open()
                await demand_schema(successor)
            except errors.SchemaBehind as behind:
                told = f"DATABASE_URL: its schema is behind: {behind.pending}"
                raise errors.BadConfiguration([told]) from None
        await self.storage.replace(successor)

    async def _renew_limiter(self, settings: Settings) -> None:
        successor = adapters.shared_limiter(settings, self.clock)
        async with _closed_on_failure(successor):
            await successor.ping()
        await self.limiter.replace(successor)

    async def _renew_mailer(self, settings: Settings) -> None:
        await self.mailer.replace(adapters.mailer(settings))


@asynccontextmanager
async def _closed_on_failure(successor: object) -> AsyncIterator[None]:
    try:
        yield
    except BaseException:
        await close(successor)
        raise
