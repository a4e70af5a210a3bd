"""What a new password must be, and when two of them are one."""

import re
import unicodedata
from dataclasses import dataclass

from core.ports import PasswordPolicy

SPECIAL = '!@#$%^&*(),.?":{}|<>'
"""The characters that count as special, and no others do."""


def prepared(password: str) -> str:
    """
    Return the form in which passwords are compared: OpaqueString (RFC 8265, section 4.2).

    That is NFC, with every kind of space a plain one: keyboards differ in how they write
    one and the same letter. Letters stay as they are, and so does their case.
    """
    spaced = (
        " " if unicodedata.category(letter) == "Zs" else letter for letter in password
    )
    return unicodedata.normalize("NFC", "".join(spaced))


@dataclass(frozen=True, slots=True)
class GuidePolicy(PasswordPolicy):
    """
    The rules that the guide's published client checks, and no others.

    They are for the password as it is typed, which is all that the client has.
    """

    min_length: int = 8

    def problems(self, password: str) -> tuple[str, ...]:
        # Dart measures strings in UTF-16 code units; so must we, to agree with it.
        length = len(password.encode("utf-16-le")) // 2
        rules = (
            (length >= self.min_length, f"be at least {self.min_length} characters"),
            # Which ones count is said, since other letters are letters, too.
            (re.search(r"[A-Z]", password), "contain an uppercase letter (A-Z)"),
            (re.search(r"[a-z]", password), "contain a lowercase letter (a-z)"),
            (re.search(r"[0-9]", password), "contain a number (0-9)"),
            (
                not frozenset(SPECIAL).isdisjoint(password),
                f"contain a special character (one of {SPECIAL})",
            ),
        )
        return tuple(f"Password must {rule}" for kept, rule in rules if not kept)
