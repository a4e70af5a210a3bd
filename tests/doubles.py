"""Stand-ins for what tests must steer; all else in the tests is the real thing."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.ports import Clock

NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@dataclass(slots=True)
class SetClock(Clock):
    """Stands still until it is told to go on."""

    time: datetime = NOON

    def now(self) -> datetime:
        return self.time

    def advance(self, by: timedelta) -> None:
        self.time += by
