"""Attempts and failures in Redis, by its own clock, one script and one round trip a call."""

from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Self

from adapters.rate_limit.redis.key_names import KeyNames
from adapters.rate_limit.redis.server import Script, Server
from adapters.rate_limit.redis.url import read_url
from core.model import Attempt, Backoff, Quota, Trial
from core.ports import RateLimiter

MILLISECOND = timedelta(milliseconds=1)

MOST = 1_000_000

MOST_OF_ONE = 100
"""Known addresses of one account whose failures are kept; far more than people have."""

HIT = Script.named("keep", "hit")
BEGIN = Script.named("keep", "wait", "begin")
SETTLE = Script.named("keep", "settle")
DELAY = Script.named("keep", "wait", "delay")
FORGET = Script.named("keep", "forget")


class RedisRateLimiter(RateLimiter):
    """``most`` is how many keys are kept of each limit, of failures, of known addresses."""

    def __init__(self, server: Server, keys: KeyNames, most: int = MOST) -> None:
        self.server = server
        self.keys = keys
        self.most = most

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Make one for this URL, without I/O; raises ``BadConfiguration``."""
        read = read_url(url)
        return cls(Server(read), KeyNames(read.prefix))

    @property
    def counts_together(self) -> bool:
        return True  # or it does not count at all

    async def hit(self, attempts: Sequence[Attempt]) -> Sequence[Quota]:
        if not attempts:
            return []
        limits = [attempt.limit for attempt in attempts]
        keys = [self.keys.attempts(attempt) for attempt in attempts]
        keys += map(self.keys.attempts_index, limits)
        arguments = [
            number
            for limit in limits
            for number in (limit.quota, limit.window // MILLISECOND)
        ]
        arguments.append(self.most)
        replies = await self.server.run(HIT, keys, arguments)
        return [
            Quota(
                limit=limit,
                allowed=bool(allowed),
                remaining=remaining,
                reset=reset * MILLISECOND,
            )
            for limit, (allowed, remaining, reset) in zip(limits, replies, strict=True)
        ]

    async def begin(self, trial: Trial, backoff: Backoff) -> timedelta:
        memory = backoff.memory // MILLISECOND
        numbers = [self.most, MOST_OF_ONE, memory, *_delays(backoff)]
        wait: int = await self.server.run(BEGIN, self._keys(trial), numbers)
        return wait * MILLISECOND

    async def settle(self, trial: Trial, backoff: Backoff, *, proven: bool) -> None:
        trust = backoff.trust // MILLISECOND if proven else 0
        await self.server.run(SETTLE, self._keys(trial), [self.most, trust])

    async def delay(self, account: str, backoff: Backoff) -> timedelta:
        keys = [self.keys.failures(account)]
        wait: int = await self.server.run(DELAY, keys, _delays(backoff))
        return wait * MILLISECOND

    async def forget(self, account: str) -> None:
        _, all_failures = self.keys.trial_indexes
        keys = (self.keys.failures(account), self.keys.account_index(account))
        await self.server.run(FORGET, (*keys, all_failures), [])

    async def ping(self) -> None:
        await self.server.write(self.keys.probe)

    async def aclose(self) -> None:
        await self.server.aclose()

    def _keys(self, trial: Trial) -> tuple[str, ...]:
        names = self.keys
        account = names.account_index(trial.account)
        return *names.trial(trial), *names.trial_indexes, account


@lru_cache(maxsize=16)
def _delays(backoff: Backoff) -> tuple[int, ...]:
    """Return the delay after each failure, as far as it grows, in milliseconds."""
    delays = [
        backoff.delay(failures) // MILLISECOND
        for failures in range(1, backoff.peak + 1)
    ]
    while delays[-2:-1] == delays[-1:]:
        del delays[-1]
    return tuple(delays)
