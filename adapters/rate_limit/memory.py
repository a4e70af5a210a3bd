"""Attempts counted in this process; a replica beside it does not see them."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from core.model import Attempt, Quota
from core.ports import Clock, RateLimiter

Log: TypeAlias = list[datetime]
"""When each counted attempt will count no more, soonest first."""


@dataclass(slots=True)
class MemoryRateLimiter(RateLimiter):
    clock: Clock
    logs: OrderedDict[Attempt, Log] = field(
        default_factory=OrderedDict, init=False, repr=False
    )
    _latest: datetime | None = field(default=None, init=False)
    _behind: timedelta = field(default=timedelta(0), init=False)

    async def hit(self, attempts: Sequence[Attempt]) -> Sequence[Quota]:
        now = self._now()
        self._sweep(2 * len(attempts), now)
        logs = [self._log(attempt, now) for attempt in attempts]
        allowed = [
            len(log) + attempts[: place + 1].count(attempt) <= attempt.limit.quota
            for place, (attempt, log) in enumerate(zip(attempts, logs, strict=True))
        ]
        if all(allowed):
            for attempt, log in zip(attempts, logs, strict=True):
                log.append(now + attempt.limit.window)
        return [
            _quota(attempt, log, now, allowed=may)
            for attempt, log, may in zip(attempts, logs, allowed, strict=True)
        ]

    def _now(self) -> datetime:
        now = self.clock.now() + self._behind
        if self._latest and now < self._latest:
            # The clock was set back: go on from where it was.
            self._behind += self._latest - now
            now = self._latest
        self._latest = now
        return now

    def _log(self, attempt: Attempt, now: datetime) -> Log:
        log = self.logs.setdefault(attempt, [])
        _forget(log, now)
        return log

    def _sweep(self, count: int, now: datetime) -> None:
        # Two looks for each log that a call may add: at most as many are dead as alive.
        for _ in range(min(count, len(self.logs))):
            attempt, log = self.logs.popitem(last=False)
            _forget(log, now)
            if log:
                self.logs[attempt] = log


def _forget(log: Log, now: datetime) -> None:
    del log[: bisect_right(log, now)]


def _quota(attempt: Attempt, log: Log, now: datetime, *, allowed: bool) -> Quota:
    return Quota(
        limit=attempt.limit,
        allowed=allowed,
        remaining=max(0, attempt.limit.quota - len(log)),
        reset=log[0] - now if log else timedelta(0),
    )
