"""How mails get on: what waits, since when, and how tries to send went."""

from dataclasses import dataclass, field
from datetime import timedelta

from core.model.events import Backlog
from core.ports import Clock, Metrics, Storage

LATE = timedelta(minutes=5)
"""How long a mail may wait before somebody should know, though nothing failed."""

MOST = 10_000
"""Counted at a look, which is to be cheap."""


DELAYED = "delayed"
GIVEN_UP = "given up"


@dataclass(slots=True)
class Deliveries:
    """How tries to send went in this process."""

    metrics: Metrics
    failures: int = 0
    is_failing: bool = False
    """Whether the latest try is to be repeated."""

    def __post_init__(self) -> None:
        for outcome in (DELAYED, GIVEN_UP):
            # What begins with its first failure has not increased: no alert would see it.
            self.metrics.count("mail_failures", 0, outcome=outcome)

    def succeeded(self) -> None:
        self.is_failing = False
        self.metrics.count("mails_sent")

    def delayed(self) -> None:
        self.is_failing = True
        self._failed(DELAYED)

    def given_up(self) -> None:
        self._failed(GIVEN_UP)

    def _failed(self, outcome: str) -> None:
        self.failures += 1
        self.metrics.count("mail_failures", outcome=outcome)


@dataclass(slots=True, kw_only=True)
class MailWatch:
    """Looks at what waits every few seconds, and tells everybody what it saw."""

    storage: Storage
    deliveries: Deliveries
    clock: Clock
    metrics: Metrics
    backlog: Backlog = field(default=Backlog(0, 0, None), init=False)
    """As of the latest look."""

    async def look(self) -> int:
        """Look; there is never more to do at once, so return 0."""
        self.backlog = await self.storage.events.backlog(limit=MOST)
        self.metrics.set("mails_waiting", self.backlog.waiting)
        self.metrics.set("mails_retried", self.backlog.retried)
        self.metrics.set("mails_oldest_seconds", self.age.total_seconds())
        return 0

    @property
    def age(self) -> timedelta:
        """How long the oldest mail that waits has done so; zero if none does."""
        oldest = self.backlog.oldest
        return max(self.clock.now() - oldest, timedelta()) if oldest else timedelta()

    @property
    def is_delayed(self) -> bool:
        """Whether mails wait that can't be sent now, on this replica or another."""
        tried = self.backlog.retried or self.deliveries.is_failing
        return bool(self.backlog.waiting and (tried or self.age > LATE))
