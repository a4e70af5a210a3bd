"""Stand-ins for what tests must steer; all else in the tests is the real thing."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from core.model import Mail
from core.ports import Clock, Mailer

NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@dataclass(slots=True)
class SetClock(Clock):
    """Stands still until it is told to go on."""

    time: datetime = NOON

    def now(self) -> datetime:
        return self.time

    def advance(self, by: timedelta) -> None:
        self.time += by


@dataclass(slots=True)
class Postman(Mailer):
    """Keeps the mails it is given; fails, or stops on the way, as it is told."""

    sent: list[Mail] = field(default_factory=list)
    failures: dict[str, Exception] = field(default_factory=dict)
    """What to raise, by recipient."""
    is_stuck: bool = False

    async def send(self, mail: Mail) -> str:
        await asyncio.sleep(3600 if self.is_stuck else 0)
        if mail.to in self.failures:
            raise self.failures[mail.to]
        self.sent.append(mail)
        return "taken"

    async def ping(self) -> None:
        """Be there."""
