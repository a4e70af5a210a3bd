"""What a new password must be."""

import re
from abc import abstractmethod
from dataclasses import dataclass
from typing import Protocol

from core import errors

SPECIAL = '!@#$%^&*(),.?":{}|<>'
"""The characters that count as special, and no others do."""


class PasswordPolicy(Protocol):
    """Rules for passwords where one is set; never where one is checked."""

    @abstractmethod
    def problems(self, password: str) -> tuple[str, ...]:
        """Return a sentence for each rule that the password breaks."""

    def demand(self, password: str) -> None:
        """Raise ``PasswordRejected`` unless the password keeps every rule."""
        if problems := self.problems(password):
            raise errors.PasswordRejected(problems)


@dataclass(frozen=True, slots=True)
class GuidePolicy(PasswordPolicy):
    """The rules that the guide's published client checks, and no others."""

    min_length: int = 8

    def problems(self, password: str) -> tuple[str, ...]:
        # Dart measures strings in UTF-16 code units; so must we, to agree with it.
        length = len(password.encode("utf-16-le")) // 2
        rules = (
            (length >= self.min_length, f"be at least {self.min_length} characters"),
            (re.search(r"[A-Z]", password), "contain an uppercase letter"),
            (re.search(r"[a-z]", password), "contain a lowercase letter"),
            (re.search(r"[0-9]", password), "contain a number"),
            (
                not frozenset(SPECIAL).isdisjoint(password),
                "contain a special character",
            ),
        )
        return tuple(f"Password must {rule}" for kept, rule in rules if not kept)
