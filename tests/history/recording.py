"""Writes down who asked what and when, what was answered, and what else happened."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

from core.model import MailKind
from tests.history.clocks import Span
from tests.history.operations import Answer, Kind
from tests.history.tokens import Key, Token


@dataclass(slots=True, kw_only=True)
class Attempt:
    """
    A request as it was sent; the rest is filled in when its answer comes.

    ``begun`` and ``ended`` are places in the order of all that happened.
    """

    name: str
    account: str
    who: str
    kind: Kind
    begun: int
    password: str = ""
    new_password: str = ""
    token: Token | None = None
    mail: str = ""
    ended: int | None = None
    answer: Answer | None = None
    clock: Span | None = None


class MailedToken(NamedTuple):
    """What a mail carries."""

    to: str
    kind: MailKind
    text: str


@dataclass(slots=True)
class Revocation:
    """
    A key was revoked: some replica may know from ``begun`` on, all from ``known`` on.

    Who starts after it was done knows; ``unaware`` are those that have not started since.
    """

    key: Key
    begun: int
    unaware: set[str]
    known: int | None = None

    def learnt(self, replica: str, at: int) -> None:
        """Note that a replica started which began to after it was done."""
        self.unaware.discard(replica)
        if not self.unaware and self.known is None:
            self.known = at


@dataclass
class Recorder:
    """
    The history of a run, as it is made.

    One event loop sends all requests, so that the order in which it gets to things is the
    order in which they happened, as far as anybody outside can tell.
    """

    attempts: list[Attempt] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    revocation: Revocation | None = None
    bugs: list[str] = field(default_factory=list)
    """Answers that no fault excuses."""
    _ticks: Callable[[], int] = field(default_factory=lambda: count(1).__next__)

    def tick(self) -> int:
        """Return the next place in the order."""
        return self._ticks()

    def name(self) -> str:
        """Return a name for the next attempt."""
        return f"op-{len(self.attempts)}"

    def end(self, attempt: Attempt, answer: Answer, clock: Span) -> None:
        """Note an answer."""
        attempt.answer, attempt.clock = answer, clock
        attempt.ended = self.tick()

    def forget(self, attempt: Attempt) -> None:
        """Take back what never left the client."""
        attempt.account = ""

    def tell(self, fault: str) -> None:
        """Note a fault."""
        self.faults.append(f"{self.tick():>6} {fault}")
