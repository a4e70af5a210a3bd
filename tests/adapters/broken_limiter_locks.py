"""Limiters that tell delays or forget failures wrongly on purpose, each in one way."""

from datetime import timedelta

from adapters.rate_limit.memory import MemoryRateLimiter
from core.model import Backoff, Trial
from core.ports import Clock
from tests.adapters.broken_limiter_trials import BROKEN, breaks

__all__ = ["BROKEN"]


@breaks("a delay that is over is none")
class TellsTheLongestDelay(MemoryRateLimiter):
    async def delay(self, account: str, backoff: Backoff) -> timedelta:
        told = await super().delay(account, backoff)
        return backoff.longest if told else told


@breaks(
    "a delay that is over is none",
    "failures of one account are forgotten alone",
    "the delay of one account is nobody elses",
    "the delay told is what a trial from elsewhere has to wait",
)
class TellsNoDelay(MemoryRateLimiter):
    async def delay(self, account: str, backoff: Backoff) -> timedelta:  # noqa: ARG002
        return timedelta(0)


@breaks(
    "the delay of one account is nobody elses",
    "the delay told is what a trial from elsewhere has to wait",
    "to ask for the delay counts nothing",
    "what is forgotten delays nobody wherever it came from",
)
class TriesToSeeTheDelay(MemoryRateLimiter):
    async def delay(self, account: str, backoff: Backoff) -> timedelta:
        return await self.begin(Trial(account, "nowhere"), backoff)


@breaks(
    "failures of one account are forgotten alone",
    "the delay of one account is nobody elses",
)
class TellsTheDelayOfAnybody(MemoryRateLimiter):
    async def delay(self, account: str, backoff: Backoff) -> timedelta:
        seen = {counter[0] for counter in self.failures}
        told = [
            await super(TellsTheDelayOfAnybody, self).delay(it, backoff) for it in seen
        ]
        return max(told, default=await super().delay(account, backoff))


@breaks("failures of a known address are no delay of the account")
class TellsTheDelayOfKnownAddresses(MemoryRateLimiter):
    async def delay(self, account: str, backoff: Backoff) -> timedelta:
        wait = await super().delay(account, backoff)
        for (owner, address), failures in self.failures.items():
            if owner == account and address is not None:
                later = failures.times[-1] + backoff.delay(len(failures.times))
                wait = max(wait, later - self._now())
        return wait


@breaks(
    "failures are forgotten again and again",
    "failures of one account are forgotten alone",
    "known addresses stay known when failures are forgotten",
    "what is forgotten delays nobody wherever it came from",
)
class ForgetsNothing(MemoryRateLimiter):
    async def forget(self, account: str) -> None:
        """Leave it."""


@breaks(
    "failures are forgotten again and again",
    "failures of one account are forgotten alone",
    "known addresses stay known when failures are forgotten",
    "what is forgotten delays nobody wherever it came from",
)
class ForgetsThoseOfOthersOnly(MemoryRateLimiter):
    async def forget(self, account: str) -> None:
        self.failures.pop((account, None), None)


@breaks(
    "failures are forgotten again and again",
    "failures of one account are forgotten alone",
    "what is forgotten delays nobody wherever it came from",
)
class ForgetsThoseOfKnownAddressesOnly(MemoryRateLimiter):
    async def forget(self, account: str) -> None:
        kept = self.failures.get((account, None))
        await super().forget(account)
        if kept:
            self.failures[account, None] = kept


@breaks("failures are forgotten again and again")
class ForgetsOnce(MemoryRateLimiter):
    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.forgotten: set[str] = set()

    async def forget(self, account: str) -> None:
        if account not in self.forgotten:
            await super().forget(account)
        self.forgotten.add(account)


@breaks(
    "failures are forgotten again and again",
    "known addresses stay known when failures are forgotten",
    "what is forgotten delays nobody wherever it came from",
)
class ForgetsKnownAddresses(MemoryRateLimiter):
    async def forget(self, account: str) -> None:
        await super().forget(account)
        for trial in [it for it in self.known if it.account == account]:
            del self.known[trial]


@breaks("failures of one account are forgotten alone")
class ForgetsEverybody(MemoryRateLimiter):
    async def forget(self, account: str) -> None:  # noqa: ARG002
        self.failures.clear()


@breaks("attempts stay counted when failures are forgotten")
class ForgetsAttempts(MemoryRateLimiter):
    async def forget(self, account: str) -> None:
        await super().forget(account)
        for attempt in [it for it in self.logs if it.subject == account]:
            del self.logs[attempt]


@breaks("failures of one account are forgotten alone")
class ForgetsThoseWhoseNamesBeginAlike(MemoryRateLimiter):
    async def forget(self, account: str) -> None:
        for counter in [it for it in self.failures if it[0].startswith(account)]:
            del self.failures[counter]
