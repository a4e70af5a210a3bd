"""What clients know of the accounts that they share."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from core.model import MailKind
from tests.history.operations import Answer, Kind
from tests.history.recording import Attempt, MailedToken
from tests.history.tokens import Token

T = TypeVar("T")

LIFE = 90
"""Requests, after which an account is let be."""

OPEN = 14
"""Requests without an answer, after which it is: each of them multiplies what may be."""

AT_ONCE = 6
"""Accounts that are used at any time."""

RECENT = 0.75
"""How often the latest of what is known is used."""


@dataclass
class Account:
    """An address, and all that was ever told about the account of it."""

    email: str
    username: str
    is_registered: bool = False
    requests: int = 0
    unanswered: int = 0
    passwords: list[str] = field(default_factory=list)
    """All that anybody tried to set; last what was last told to be set."""
    access: list[Token] = field(default_factory=list)
    refresh: list[Token] = field(default_factory=list)
    resets: list[str] = field(default_factory=list)
    proofs: list[str] = field(default_factory=list)

    @property
    def is_used_up(self) -> bool:
        """Tell whether it should be let be."""
        return self.requests >= LIFE or self.unanswered >= OPEN

    def learn(self, attempt: Attempt, answer: Answer) -> None:
        """Remember what an answer means for what can be asked next."""
        if answer.code:
            return
        if attempt.kind is Kind.REGISTER:
            self.is_registered = True
        said = attempt.new_password or attempt.password
        if said in self.passwords:
            self.passwords.remove(said)
        if said:
            self.passwords.append(said)

    def receive(self, mail: MailedToken) -> None:
        """Remember a mail."""
        mails = self.resets if mail.kind is MailKind.RESET_PASSWORD else self.proofs
        if mail.text not in mails:  # it may be sent twice
            mails.append(mail.text)


@dataclass
class Accounts:
    """All accounts of a run, of which some are in use."""

    by_email: dict[str, Account] = field(default_factory=dict)
    in_use: list[Account] = field(default_factory=list)

    def pick(self, rng: Random) -> Account:
        """Return one for the next request."""
        self.in_use = [one for one in self.in_use if not one.is_used_up]
        while len(self.in_use) < AT_ONCE:
            number = len(self.by_email)
            new = Account(f"jane{number}@example.com", f"jane-{number}")
            self.by_email[new.email] = new
            self.in_use.append(new)
        account = rng.choice(self.in_use)
        account.requests += 1
        return account


def one_of(known: Sequence[T], rng: Random) -> T | None:
    """Return mostly the latest, at times one from before; None if nothing is known."""
    if not known:
        return None
    return known[-1] if rng.random() < RECENT else rng.choice(known[-6:])
