"""What is limited, and how failures put off the next trial."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``quota`` attempts in any ``window``, whenever it begins."""

    name: str
    quota: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Attempt:
    """One count against one limit, for one subject: an address, an account."""

    limit: Limit
    subject: str


@dataclass(frozen=True, slots=True)
class Quota:
    """
    How an attempt stands after it was counted or refused.

    ``reset`` is how long until one more attempt is allowed than now.
    """

    limit: Limit
    allowed: bool
    remaining: int
    reset: timedelta


@dataclass(frozen=True, slots=True)
class Trial:
    """Somebody at an address tries to prove that an account is theirs."""

    account: str
    address: str


@dataclass(frozen=True, slots=True)
class Backoff:
    """
    How failures in a row put off the next trial.

    The first ``free`` failures cost nothing; the next costs ``first``, and each one after
    it twice as much, up to ``longest``. Failures are forgotten ``memory`` after the
    latest. An address from which a trial succeeded is known for ``trust``: it has a count
    of its own, so that nobody elsewhere can lock it out.
    """

    free: int = 5
    first: timedelta = timedelta(seconds=1)
    longest: timedelta = timedelta(minutes=15)
    memory: timedelta = timedelta(days=1)
    trust: timedelta = timedelta(days=30)

    @property
    def peak(self) -> int:
        """After so many failures in a row, the delay grows no more."""
        return self.free + 33  # doubled 32 times it is far beyond any longest

    def delay(self, failures: int) -> timedelta:
        """Return how long the next trial has to wait after so many failures in a row."""
        if failures <= self.free:
            return timedelta(0)
        doublings = min(failures, self.peak) - self.free - 1
        return min(self.first * (1 << doublings), self.longest)
