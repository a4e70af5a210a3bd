"""Passwords hashed by bcrypt, in threads of its own and a queue bounded by time."""

import asyncio
import base64
import hashlib
import re
import timeit
from dataclasses import dataclass, field
from typing import Self

import bcrypt

from adapters.passwords.thread_pool import FairThreadPool
from core.passwords import prepared
from core.ports import Metrics, PasswordHasher

LONGEST = 72
"""Bytes that bcrypt takes in; what is longer is hashed down first."""

MARK = "sha384+"
"""Stands before the hash of a password that was hashed down."""

READABLE = re.compile(
    rf"(?P<mark>{re.escape(MARK)})?"
    r"(?P<hash>\$2[aby]\$(?P<cost>0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53})"
)


@dataclass(slots=True)
class BcryptHasher(PasswordHasher):
    """
    ``rounds`` is the cost of new hashes, its unit of work ``2**rounds``.

    A call that would wait longer than ``max_wait`` seconds for a thread is refused; of
    many calls, each caller waits for one of every other (see ``CALLER``).
    """

    rounds: int
    max_wait: float
    threads: int
    metrics: Metrics
    _queue: FairThreadPool = field(init=False, repr=False)
    _highest: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._queue = FairThreadPool(
            self.threads,
            self.max_wait,
            self.metrics,
            usual=2**self.rounds,
            pace=_pace(),
        )
        self._highest = self.rounds

    def demand_room(self) -> None:
        self._queue.demand_room()

    async def hash(self, password: str) -> str:
        entry = _Entry.of(password)
        return await self._queue.run(lambda: self._hash(entry), 2**self.rounds)

    async def verify(self, password: str, stored: str | None) -> bool:
        entry, target = _Entry.of(password), _Target.of(stored)
        self._highest = max(self._highest, target.cost if target else 0)
        highest = self._highest
        return await self._queue.run(
            lambda: self._verify(entry, target, highest), 2**highest
        )

    def is_stale(self, stored: str) -> bool:
        target = _Target.of(stored)
        return target is None or target.cost != self.rounds

    async def aclose(self) -> None:
        await asyncio.to_thread(self._queue.close)

    def _hash(self, entry: "_Entry") -> str:
        return entry.mark + self._work(entry, self.rounds)

    def _verify(self, entry: "_Entry", target: "_Target | None", highest: int) -> bool:
        if target is None:
            self._work(entry, highest)
            return False
        same = self._queue.timed(
            lambda: bcrypt.checkpw(entry.material, target.hash), 2**target.cost
        )
        # What a long password is hashed down to must not itself be its password.
        if same and entry.mark == target.mark:
            return True
        # Together these cost 2**highest - 2**cost: a cheap old hash takes as long
        # to refuse as a dear one, or none at all.
        for cost in range(target.cost, highest):
            self._work(entry, cost)
        return False

    def _work(self, entry: "_Entry", cost: int) -> str:
        salt = bcrypt.gensalt(cost)
        return self._queue.timed(
            lambda: bcrypt.hashpw(entry.material, salt), 2**cost
        ).decode()


@dataclass(frozen=True, slots=True)
class _Entry:
    """A password as bcrypt gets it."""

    material: bytes = field(repr=False)
    mark: str

    @classmethod
    def of(cls, password: str) -> Self:
        raw = prepared(password).encode("utf-8", "surrogatepass")
        # bcrypt repeats the password, parted by NULs: to it, "a\0a" is the same as "a".
        if len(raw) <= LONGEST and b"\0" not in raw:
            return cls(raw, "")
        return cls(base64.b64encode(hashlib.sha384(raw).digest()), MARK)


@dataclass(frozen=True, slots=True)
class _Target:
    """A stored hash."""

    hash: bytes = field(repr=False)
    mark: str
    cost: int

    @classmethod
    def of(cls, stored: str | None) -> Self | None:
        match = READABLE.fullmatch(stored or "")
        if match is None:
            return None
        return cls(match["hash"].encode(), match["mark"] or "", int(match["cost"]))


def _pace() -> float:
    """Return the seconds for a unit of work, as a few of the cheapest hashes tell."""
    salt = bcrypt.gensalt(4)
    return min(timeit.repeat(lambda: bcrypt.hashpw(b"", salt), number=1)) / 2**4
