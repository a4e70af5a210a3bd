"""Real hashers that tell what they were asked, or let something happen meanwhile."""

from collections.abc import Awaitable, Callable

from adapters.metrics.prometheus import PrometheusMetrics
from adapters.passwords.bcrypt import BcryptHasher


class RecordingHasher(BcryptHasher):
    """Keeps the stored hash of each check."""

    def __init__(self) -> None:
        super().__init__(rounds=4, max_wait=60, threads=2, metrics=PrometheusMetrics())
        self.checked: list[str | None] = []

    async def verify(self, password: str, stored: str | None) -> bool:
        self.checked.append(stored)
        return await super().verify(password, stored)


class InterruptedHasher(BcryptHasher):
    """Something happens once, between hashing or checking and what follows it."""

    def __init__(self, rounds: int = 4) -> None:
        super().__init__(
            rounds=rounds, max_wait=60, threads=2, metrics=PrometheusMetrics()
        )
        self.after_hash: Callable[[], Awaitable[object]] | None = None
        self.after_verify: Callable[[], Awaitable[object]] | None = None

    async def hash(self, password: str) -> str:
        done = await super().hash(password)
        happening, self.after_hash = self.after_hash, None
        if happening is not None:
            await happening()
        return done

    async def verify(self, password: str, stored: str | None) -> bool:
        done = await super().verify(password, stored)
        happening, self.after_verify = self.after_verify, None
        if happening is not None:
            await happening()
        return done
