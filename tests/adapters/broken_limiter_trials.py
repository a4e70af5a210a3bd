"""Limiters that judge trials wrongly on purpose, each in one way, and the laws that tell."""

import asyncio
from abc import abstractmethod
from collections import Counter as Bag
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from adapters.rate_limit.failures import Counter, Failures
from adapters.rate_limit.memory import MemoryRateLimiter
from core.errors import Unavailable
from core.model import Backoff, Trial
from core.ports import Clock

Fault = TypeVar("Fault", bound=type[MemoryRateLimiter])

NOTHING = timedelta(0)
AGES = timedelta(days=9999)

BROKEN: dict[type[MemoryRateLimiter], set[str]] = {}


def breaks(*laws: str) -> Callable[[Fault], Fault]:
    """Mark a fault with the laws it breaks, and no others."""

    def mark(fault: Fault) -> Fault:
        BROKEN[fault] = {law.replace(" ", "_") for law in laws}
        return fault

    return mark


@breaks(
    "whoever counts answers",
    "who answered a ping counts for all replicas unless by design for one",
)
class IsAway(MemoryRateLimiter):
    async def ping(self) -> None:
        raise Unavailable


@breaks(
    "a known address does not free the others",
    "a proven trial begins the count anew",
    "a trial that came to nothing takes back itself alone",
    "accounts and addresses are not run together",
    "addresses that are not known share one count",
    "an address is known for as long as it is trusted",
    "an address is known to one account only",
    "failures are forgotten again and again",
    "failures are forgotten in time",
    "failures are remembered until the latest is forgotten",
    "failures of a known address are its own",
    "failures of a known address are no delay of the account",
    "known addresses stay known when failures are forgotten",
    "nobody elsewhere locks a known address out",
    "of 200 trials at one moment those without delay go on",
    "only a proven trial makes its address known",
    "racers that came to nothing leave nothing behind",
    "taking back what is not there earns nothing",
    "the delay doubles up to the longest",
    "the delay told is what a trial from elsewhere has to wait",
    "to ask for the delay counts nothing",
    "trials go on until there is a delay",
    "what is forgotten delays nobody wherever it came from",
)
class DelaysTooSoon(MemoryRateLimiter):
    async def begin(self, trial: Trial, backoff: Backoff) -> timedelta:
        sooner = replace(backoff, free=max(0, backoff.free - 1))
        return await super().begin(trial, sooner)


@breaks("the delay doubles up to the longest")
class DelaysEvenly(MemoryRateLimiter):
    async def begin(self, trial: Trial, backoff: Backoff) -> timedelta:
        return await super().begin(trial, replace(backoff, longest=backoff.first))


@breaks("the delay doubles up to the longest")
class DelaysEverLonger(MemoryRateLimiter):
    async def begin(self, trial: Trial, backoff: Backoff) -> timedelta:
        return await super().begin(trial, replace(backoff, longest=AGES))


@breaks(
    "a trial that has to wait counts nothing", "the delay doubles up to the longest"
)
class CountsWhoWaits(MemoryRateLimiter):
    async def begin(self, trial: Trial, backoff: Backoff) -> timedelta:
        wait = await super().begin(trial, backoff)
        if wait:
            now = self._now()
            self.failures[self._counter(trial, now)].times.append(now)
        return wait


class Slow(MemoryRateLimiter):
    """Writes what it read a moment ago."""

    async def write_back(self, counter: Counter) -> None:
        read = self.failures.get(counter)
        times = list(read.times) if read else []
        await asyncio.sleep(0)
        if read:
            self.failures[counter] = Failures(times, read.until)
        else:
            self.failures.pop(counter, None)


@breaks(
    "of 200 trials at one moment those without delay go on",
    "racers that came to nothing leave nothing behind",
)
class BeginsSlowly(Slow):
    async def begin(self, trial: Trial, backoff: Backoff) -> timedelta:
        await self.write_back(self._counter(trial, self._now()))
        return await super().begin(trial, backoff)


@breaks("racers that came to nothing leave nothing behind")
class SettlesSlowly(Slow):
    async def settle(self, trial: Trial, backoff: Backoff, *, proven: bool) -> None:
        await self.write_back(self._counter(trial, self._now()))
        await super().settle(trial, backoff, proven=proven)


class Confused(MemoryRateLimiter):
    """Takes a trial for another."""

    @abstractmethod
    def seen(self, trial: Trial) -> Trial: ...

    async def begin(self, trial: Trial, backoff: Backoff) -> timedelta:
        return await super().begin(self.seen(trial), backoff)

    async def settle(self, trial: Trial, backoff: Backoff, *, proven: bool) -> None:
        await super().settle(self.seen(trial), backoff, proven=proven)


@breaks(
    "accounts have nothing to do with each other",
    "failures of one account are forgotten alone",
    "the delay of one account is nobody elses",
)
class FoldsAccounts(Confused):
    def seen(self, trial: Trial) -> Trial:
        return replace(trial, account=trial.account.lower())


@breaks(
    "accounts and addresses are not run together",
    "failures of one account are forgotten alone",
)
class RunsNamesTogether(MemoryRateLimiter):
    def _counter(self, trial: Trial, now: datetime) -> Counter:
        names = {f"{known.account}:{known.address}": known for known in self.known}
        known = names.get(f"{trial.account}:{trial.address}", trial)
        account, address = super()._counter(known, now)
        return (trial.account, trial.address) if address else (account, None)


@breaks(
    "a delay that is over is none",
    "accounts and addresses are not run together",
    "addresses that are not known share one count",
    "an address is known for as long as it is trusted",
    "an address is known to one account only",
    "failures of one account are forgotten alone",
    "only a proven trial makes its address known",
    "the delay of one account is nobody elses",
    "the delay told is what a trial from elsewhere has to wait",
)
class CountsByAddress(MemoryRateLimiter):
    def _counter(self, trial: Trial, now: datetime) -> Counter:  # noqa: ARG002
        return trial.account, trial.address


@breaks(
    "a known address does not free the others",
    "a proven trial begins the count anew",
    "an address is known for as long as it is trusted",
    "failures are forgotten again and again",
    "failures of a known address are its own",
    "failures of a known address are no delay of the account",
    "failures of one account are forgotten alone",
    "known addresses stay known when failures are forgotten",
    "nobody elsewhere locks a known address out",
    "the delay of one account is nobody elses",
    "what is forgotten delays nobody wherever it came from",
)
class KnowsNobody(MemoryRateLimiter):
    def _counter(self, trial: Trial, now: datetime) -> Counter:  # noqa: ARG002
        return trial.account, None


@breaks(
    "an address is known for as long as it is trusted",
    "an address is known to one account only",
    "failures of one account are forgotten alone",
    "the delay of one account is nobody elses",
)
class KnowsAddressesForAll(MemoryRateLimiter):
    def _counter(self, trial: Trial, now: datetime) -> Counter:
        for known in list(self.known):
            if known.address == trial.address:
                super()._counter(known, now)
                return trial.account, trial.address
        return trial.account, None


@breaks(
    "failures of a known address are its own",
    "what is forgotten delays nobody wherever it came from",
)
class CountsTheKnownTogether(MemoryRateLimiter):
    def _counter(self, trial: Trial, now: datetime) -> Counter:
        account, address = super()._counter(trial, now)
        return account, "known" if address else None


@breaks(
    "a proven trial begins the count anew",
    "failures of one account are forgotten alone",
)
class ForgivesNothing(MemoryRateLimiter):
    async def settle(self, trial: Trial, backoff: Backoff, *, proven: bool) -> None:
        await super().settle(trial, backoff, proven=False)
        if proven:
            self.known[trial] = self._now() + backoff.trust


@breaks(
    "a known address does not free the others",
    "an address is known for as long as it is trusted",
)
class ForgivesEverybody(MemoryRateLimiter):
    async def settle(self, trial: Trial, backoff: Backoff, *, proven: bool) -> None:
        await super().settle(trial, backoff, proven=proven)
        if proven:
            self.failures.pop((trial.account, None), None)


@breaks(
    "a trial that came to nothing takes back itself alone",
    "only a proven trial makes its address known",
)
class TrustsWhoeverSettles(MemoryRateLimiter):
    async def settle(self, trial: Trial, backoff: Backoff, *, proven: bool) -> None:
        await super().settle(trial, backoff, proven=proven)
        self.known[trial] = self._now() + backoff.trust


@breaks("a trial that came to nothing takes back itself alone")
class TakesBackAll(MemoryRateLimiter):
    async def settle(self, trial: Trial, backoff: Backoff, *, proven: bool) -> None:
        await super().settle(trial, backoff, proven=proven)
        self.failures.pop(self._counter(trial, self._now()), None)


@breaks(
    "a trial that came to nothing takes back itself alone",
    "only a proven trial makes its address known",
    "racers that came to nothing leave nothing behind",
    "what is taken back puts nothing off",
)
class TakesBackNothing(MemoryRateLimiter):
    async def settle(self, trial: Trial, backoff: Backoff, *, proven: bool) -> None:
        if proven:
            await super().settle(trial, backoff, proven=proven)


@breaks("what is taken back puts nothing off")
class TakesBackTheOldest(MemoryRateLimiter):
    async def settle(self, trial: Trial, backoff: Backoff, *, proven: bool) -> None:
        failures = self.failures.get(self._counter(trial, self._now()))
        if not proven and failures:
            failures.times[:-1] = failures.times[1:]
        await super().settle(trial, backoff, proven=proven)


@breaks("taking back what is not there earns nothing")
class GivesCredit(MemoryRateLimiter):
    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.credit: Bag[str] = Bag()

    async def settle(self, trial: Trial, backoff: Backoff, *, proven: bool) -> None:
        if not proven and not self.failures:
            self.credit[trial.account] += 1
        await super().settle(trial, backoff, proven=proven)

    async def begin(self, trial: Trial, backoff: Backoff) -> timedelta:
        if self.credit[trial.account]:
            self.credit[trial.account] -= 1
            return NOTHING
        return await super().begin(trial, backoff)


@breaks("failures are forgotten in time")
class RemembersFailuresForever(MemoryRateLimiter):
    async def begin(self, trial: Trial, backoff: Backoff) -> timedelta:
        return await super().begin(trial, replace(backoff, memory=AGES))


@breaks("failures are remembered until the latest is forgotten")
class ForgetsByTheFirstFailure(MemoryRateLimiter):
    async def begin(self, trial: Trial, backoff: Backoff) -> timedelta:
        now = self._now()
        counter = self._counter(trial, now)
        before = self._failures(counter, now)
        wait = await super().begin(trial, backoff)
        if before:
            self.failures[counter].until = before.until
        return wait


@breaks("an address is known for as long as it is trusted")
class TrustsForever(MemoryRateLimiter):
    async def settle(self, trial: Trial, backoff: Backoff, *, proven: bool) -> None:
        await super().settle(trial, replace(backoff, trust=AGES), proven=proven)


@breaks("an address is known for as long as it is trusted")
class TrustsFromTheFirstTime(MemoryRateLimiter):
    async def settle(self, trial: Trial, backoff: Backoff, *, proven: bool) -> None:
        before = self.known.get(trial)
        await super().settle(trial, backoff, proven=proven)
        if before:
            self.known[trial] = before
