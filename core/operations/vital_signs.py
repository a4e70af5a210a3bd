"""Figures of what stands for a while: no event would tell of it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from core.keys.keyring import Keyring, KeyState
from core.model import PoolUse
from core.ports import Clock, Metrics


@dataclass(slots=True, kw_only=True)
class VitalSigns:
    """Tells which program this is, how its keys stand, and how its connections are used."""

    version: str
    keyring: Keyring
    pool: Callable[[], PoolUse | None]
    """Returns None where the storage has no pool."""
    clock: Clock
    metrics: Metrics
    _pool_before: PoolUse = field(default=PoolUse(), init=False)

    def begin(self) -> None:
        """Tell what stays as it is."""
        self.metrics.set("build_info", 1, version=self.version)
        self.metrics.set("start_time_seconds", self.clock.now().timestamp())

    async def tell(self) -> int:
        """Tell the rest; there is never more to do at once, so return 0."""
        ring = self.keyring.at(self.clock.now())
        keys = Counter(status.state for status in ring.keys)
        for state in KeyState:
            self.metrics.set("keys", keys[state], state=state)
        if pool := self.pool():
            self._tell_of(pool)
        return 0

    def _tell_of(self, pool: PoolUse) -> None:
        self.metrics.set("pool_connections", pool.used, state="used")
        self.metrics.set("pool_connections", pool.idle, state="idle")
        self.metrics.set("pool_waiting", pool.waiting)
        since = pool.since(self._pool_before)
        self.metrics.count("pool_requests", since.requests)
        self.metrics.count("pool_wait_seconds", since.waited)
        self._pool_before = pool
