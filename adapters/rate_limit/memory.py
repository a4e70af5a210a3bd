"""Attempts and failures counted in this process; a replica beside it does not see them."""

import hashlib
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias, TypeVar

from adapters.rate_limit.failures import Counter, Failures, FailureTable
from core.model import Attempt, Backoff, Quota, Trial
from core.ports import Clock, RateLimiter

K = TypeVar("K")
V = TypeVar("V")

NOTHING = timedelta(0)

MOST = 50_000
LONGEST = 64
"""Characters of a subject, an account or an address that are kept as they are."""

SAMPLE = 16
"""Of so many that were not looked at for long, the one that matters least is forgotten."""

Log: TypeAlias = list[datetime]
"""When each counted attempt will count no more, soonest first."""


@dataclass(slots=True)
class MemoryRateLimiter(RateLimiter):
    """``most`` is how many of each kind are kept: logs, failures, known addresses."""

    clock: Clock
    most: int = MOST
    logs: OrderedDict[Attempt, Log] = field(
        default_factory=OrderedDict, init=False, repr=False
    )
    failures: FailureTable = field(default_factory=FailureTable, init=False, repr=False)
    known: OrderedDict[Trial, datetime] = field(
        default_factory=OrderedDict, init=False, repr=False
    )
    """Until when an account knows an address."""
    _latest: datetime | None = field(default=None, init=False)
    _behind: timedelta = field(default=NOTHING, init=False)

    @property
    def counts_together(self) -> bool | None:
        return None

    async def hit(self, attempts: Sequence[Attempt]) -> Sequence[Quota]:
        now = self._now()
        _sweep(self.logs, len(attempts), lambda log: not log or log[-1] <= now)
        logs = [self._log(attempt, now) for attempt in attempts]
        _make_room(self.logs, self.most, len)
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

    async def begin(self, trial: Trial, backoff: Backoff) -> timedelta:
        now = self._now()
        _sweep(self.failures, 1, lambda failures: failures.until <= now)
        counter = self._counter(trial, now)
        failures = self._failures(counter, now)
        wait = _wait(failures, backoff, now)
        if wait > NOTHING:
            return wait
        times = failures.times if failures else []
        kept = [*times, now][-backoff.peak :]
        self.failures[counter] = Failures(kept, until=now + backoff.memory)
        _make_room(self.failures, self.most, lambda failures: len(failures.times))
        return NOTHING

    async def settle(self, trial: Trial, backoff: Backoff, *, proven: bool) -> None:
        now = self._now()
        _sweep(self.known, 1, lambda until: until <= now)
        counter = self._counter(trial, now)
        failures = self._failures(counter, now)
        if failures:
            del failures.times[0 if proven else -1 :]
            if not failures.times:
                del self.failures[counter]
        if proven:
            self.known[_kept(trial)] = now + backoff.trust
            _make_room(self.known, self.most, lambda until: until)

    async def delay(self, account: str, backoff: Backoff) -> timedelta:
        now = self._now()
        failures = self._failures((_shortened(account), None), now)
        return _wait(failures, backoff, now)

    async def forget(self, account: str) -> None:
        for counter in self.failures.of(_shortened(account)):
            del self.failures[counter]

    async def ping(self) -> None:
        return

    async def aclose(self) -> None:
        return

    def _now(self) -> datetime:
        now = self.clock.now() + self._behind
        if self._latest and now < self._latest:
            # The clock was set back: go on from where it was.
            self._behind += self._latest - now
            now = self._latest
        self._latest = now
        return now

    def _log(self, attempt: Attempt, now: datetime) -> Log:
        subject = _shortened(attempt.subject)
        log = self.logs.setdefault(Attempt(attempt.limit, subject), [])
        del log[: bisect_right(log, now)]
        return log

    def _counter(self, trial: Trial, now: datetime) -> Counter:
        kept = _kept(trial)
        until = self.known.get(kept)
        is_known = until is not None and now < until
        return kept.account, kept.address if is_known else None

    def _failures(self, counter: Counter, now: datetime) -> Failures | None:
        failures = self.failures.get(counter)
        return failures if failures and now < failures.until else None


def _wait(failures: Failures | None, backoff: Backoff, now: datetime) -> timedelta:
    if not failures:
        return NOTHING
    times = failures.times
    return max(NOTHING, times[-1] + backoff.delay(len(times)) - now)


def _sweep(table: OrderedDict[K, V], added: int, is_over: Callable[[V], bool]) -> None:
    # Two looks for each entry that a call may add: at most as many are over as not.
    for _ in range(min(2 * added, len(table))):
        key, value = table.popitem(last=False)
        if not is_over(value):
            table[key] = value


def _make_room(table: OrderedDict[K, V], most: int, weight: Callable[[V], Any]) -> None:
    """Forget what counts least, so that nobody who is counted much is lost to a crowd."""
    while len(table) > most:
        places = range(min(SAMPLE, len(table)))
        looked = [table.popitem(last=False) for _ in places]
        lightest = min(looked, key=lambda entry: weight(entry[1]))
        table.update(entry for entry in looked if entry is not lightest)


def _kept(trial: Trial) -> Trial:
    return Trial(_shortened(trial.account), _shortened(trial.address))


def _shortened(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    # One letter more than what is kept as it is: the two can't be the same.
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass"))
    return f"#{digest.hexdigest()}"


def _quota(attempt: Attempt, log: Log, now: datetime, *, allowed: bool) -> Quota:
    return Quota(
        limit=attempt.limit,
        allowed=allowed,
        remaining=max(0, attempt.limit.quota - len(log)),
        reset=log[0] - now if log else NOTHING,
    )
