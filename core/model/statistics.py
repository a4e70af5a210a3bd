"""Figures of the whole service."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Self


class TallyKind(StrEnum):
    """What is counted by day."""

    REGISTRATIONS = "registrations"
    LOGINS = "logins"
    FAILURES = "failures"
    """Log-ins with a wrong password or an unknown address."""
    RESETS = "resets"


@dataclass(frozen=True, slots=True)
class Tally:
    """How often something happened on a day in UTC."""

    id: str
    """Day and kind: ``2025-12-24 logins``."""
    amount: int

    @classmethod
    def of(cls, day: date, kind: TallyKind, amount: int) -> Self:
        return cls(f"{day.isoformat()} {kind}", amount)

    @property
    def day(self) -> date:
        return date.fromisoformat(self.id[:10])

    @property
    def kind(self) -> str:
        return self.id[11:]


@dataclass(frozen=True, slots=True, kw_only=True)
class UserCounts:
    """How many users there are; ``admins`` are the active ones, with or without a password."""

    total: int
    active: int
    verified: int
    admins: int
