"""How often things happen, by day."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from core.model import Tally, TallyKind
from core.ports import Clock, Statistics


@dataclass(frozen=True, slots=True)
class DayCounter:
    """
    Counts in this process, and stores what it has counted every few seconds.

    A row that every log-in wrote would put all of them in a row. The price is that what was
    counted last is lost with a process that is killed.
    """

    statistics: Statistics
    clock: Clock
    _counts: Counter[tuple[date, TallyKind]] = field(
        default_factory=Counter, init=False, repr=False
    )

    def count(self, kind: TallyKind) -> None:
        self._counts[self.clock.now().date(), kind] += 1

    async def store(self) -> int:
        """Store what was counted since; return 0: there is no more of it at once."""
        counted = dict(self._counts)
        if counted:
            tallies = [Tally.of(*key, amount) for key, amount in counted.items()]
            await self.statistics.add(tallies)
            self._counts.subtract(counted)
            for key in [key for key, left in self._counts.items() if left <= 0]:
                del self._counts[key]
        return 0
