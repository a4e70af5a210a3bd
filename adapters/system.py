"""The machine's clock and randomness."""

import os
from datetime import UTC, datetime

from core.ports import Clock, IdGenerator


class SystemClock(Clock):
    def now(self) -> datetime:
        now = datetime.now(UTC)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)


class RandomIds(IdGenerator):
    def new_id(self) -> str:
        return os.urandom(16).hex()
