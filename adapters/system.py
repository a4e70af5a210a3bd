"""The machine's clock and randomness."""

import os
import time
from datetime import UTC, datetime

from core.ports import Clock, IdGenerator


class SystemClock(Clock):
    def now(self) -> datetime:
        # In milliseconds, as storages keep them; to cut a datetime takes twice as long.
        return datetime.fromtimestamp(time.time_ns() // 1_000_000 / 1000, UTC)


class RandomIds(IdGenerator):
    def new_id(self) -> str:
        return os.urandom(16).hex()
