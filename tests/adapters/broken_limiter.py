"""Limiters that are wrong on purpose, each in one way."""

import asyncio
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta

from adapters.rate_limit.memory import Log, MemoryRateLimiter
from core.model import Attempt, Quota


class SaysOthersCountApart(MemoryRateLimiter):
    @property
    def counts_together(self) -> bool:
        return False


class SaysSoOnlyOnceItHasCounted(MemoryRateLimiter):
    @property
    def counts_together(self) -> bool | None:
        return None if self.logs else True


class AllowsOneMore(MemoryRateLimiter):
    async def hit(self, attempts: Sequence[Attempt]) -> Sequence[Quota]:
        return await super().hit([widened(attempt) for attempt in attempts])


class SaysWhatWasLeftBefore(MemoryRateLimiter):
    async def hit(self, attempts: Sequence[Attempt]) -> Sequence[Quota]:
        quotas = await super().hit(attempts)
        return [replace(quota, remaining=quota.remaining + 1) for quota in quotas]


class SortsQuotas(MemoryRateLimiter):
    async def hit(self, attempts: Sequence[Attempt]) -> Sequence[Quota]:
        quotas = await super().hit(attempts)
        return sorted(quotas, key=lambda quota: (quota.allowed, quota.limit.name))


class ChokesOnNothing(MemoryRateLimiter):
    async def hit(self, attempts: Sequence[Attempt]) -> Sequence[Quota]:
        if not attempts:
            raise ValueError
        return await super().hit(attempts)


class BlamesEveryLimit(MemoryRateLimiter):
    async def hit(self, attempts: Sequence[Attempt]) -> Sequence[Quota]:
        quotas = await super().hit(attempts)
        allowed = all(quota.allowed for quota in quotas)
        return [replace(quota, allowed=allowed) for quota in quotas]


class TakesLimitByLimit(MemoryRateLimiter):
    async def hit(self, attempts: Sequence[Attempt]) -> Sequence[Quota]:
        return [(await super(TakesLimitByLimit, self).hit([a]))[0] for a in attempts]


class SpendsOnRefusal(MemoryRateLimiter):
    async def hit(self, attempts: Sequence[Attempt]) -> Sequence[Quota]:
        quotas = await super().hit(attempts)
        if not all(quota.allowed for quota in quotas):
            for attempt in attempts:
                self.log(attempt).append(self.clock.now() + attempt.limit.window)
        return quotas

    def log(self, attempt: Attempt) -> Log:
        return self._log(attempt, self.clock.now())


class CountsTwinsOnce(MemoryRateLimiter):
    async def hit(self, attempts: Sequence[Attempt]) -> Sequence[Quota]:
        once = list(dict.fromkeys(attempts))
        quotas = dict(zip(once, await super().hit(once), strict=True))
        return [quotas[attempt] for attempt in attempts]


class FoldsSubjects(MemoryRateLimiter):
    def _log(self, attempt: Attempt, now: datetime) -> Log:
        return super()._log(replace(attempt, subject=attempt.subject.lower()), now)


class SharesSubjects(MemoryRateLimiter):
    def _log(self, attempt: Attempt, now: datetime) -> Log:
        return super()._log(
            replace(attempt, limit=replace(attempt.limit, name="")), now
        )


class RunsNamesTogether(MemoryRateLimiter):
    def _log(self, attempt: Attempt, now: datetime) -> Log:
        limit = replace(attempt.limit, name="")
        return super()._log(
            Attempt(limit, f"{attempt.limit.name}:{attempt.subject}"), now
        )


class WritesWhatItReadBefore(MemoryRateLimiter):
    async def hit(self, attempts: Sequence[Attempt]) -> Sequence[Quota]:
        read = deepcopy(self.logs)
        await asyncio.sleep(0)
        self.logs = read
        return await super().hit(attempts)


class Remade(MemoryRateLimiter):
    """Puts other expiries into a log after each call."""

    async def hit(self, attempts: Sequence[Attempt]) -> Sequence[Quota]:
        quotas = await super().hit(attempts)
        for attempt, quota in zip(attempts, quotas, strict=True):
            log = self._log(attempt, self.clock.now())
            if quota.allowed and log:
                self.remake(log, attempt.limit.window, attempt.limit.quota)
        return quotas

    def remake(self, log: Log, window: timedelta, quota: int) -> None:
        """Leave it."""


class CountsInFixedWindows(Remade):
    def remake(self, log: Log, window: timedelta, quota: int) -> None:  # noqa: ARG002
        log[:] = [log[0]] * len(log)


class LeaksSteadily(Remade):
    def remake(self, log: Log, window: timedelta, quota: int) -> None:
        log[-1] = max(log[-1] - window, *log[:-1], log[-1] - window) + window / quota


class TellsTheWholeWindow(MemoryRateLimiter):
    async def hit(self, attempts: Sequence[Attempt]) -> Sequence[Quota]:
        quotas = await super().hit(attempts)
        return [replace(quota, reset=quota.limit.window) for quota in quotas]


class TellsAQuarterOfTheTime(MemoryRateLimiter):
    async def hit(self, attempts: Sequence[Attempt]) -> Sequence[Quota]:
        quotas = await super().hit(attempts)
        return [replace(quota, reset=quota.reset / 4) for quota in quotas]


def widened(attempt: Attempt) -> Attempt:
    limit = replace(attempt.limit, quota=attempt.limit.quota + 1)
    return replace(attempt, limit=limit)
