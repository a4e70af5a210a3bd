"""The user pool that the settings name, and the storage beside it; imported where it is used."""

from dataclasses import dataclass

from adapters.identity.cognito.pool import Pool
from adapters.storage.memory import MemoryStorage
from config.settings import Settings
from core import errors


@dataclass(frozen=True, slots=True)
class BesidePool(MemoryStorage):
    """Stores nothing that lasts, and is there as long as the pool is."""

    of_users: Pool | None = None

    async def open(self, *, create: bool = True) -> None:
        await self.user_pool.check()

    async def ping(self) -> None:
        await self.user_pool.ping()

    async def aclose(self) -> None:
        await self.user_pool.aclose()

    @property
    def user_pool(self) -> Pool:
        if self.of_users is None:
            raise TypeError("made without a pool")
        return self.of_users


def pool(settings: Settings) -> Pool:
    """Make the pool that ``COGNITO_URL`` names; raises BadConfiguration."""
    if settings.cognito_url is None:
        raise errors.BadConfiguration(
            ["COGNITO_URL: with AUTH_BACKEND=cognito, name the pool and its client"]
        )
    secret = settings.cognito_client_secret
    try:
        return Pool.from_url(
            settings.cognito_url, secret.get_secret_value() if secret else ""
        )
    except errors.BadConfiguration as bad:
        raise errors.BadConfiguration(
            [f"COGNITO_URL: {problem}" for problem in bad.problems]
        ) from None


def beside_pool(settings: Settings) -> BesidePool:
    """Make what stands in the place of a storage."""
    made = MemoryStorage.from_url("memory://")
    return BesidePool(
        users=made.users,
        sessions=made.sessions,
        tokens=made.tokens,
        events=made.events,
        revocations=made.revocations,
        statistics=made.statistics,
        archive=made.archive,
        of_users=pool(settings),
    )
