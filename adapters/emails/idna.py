"""E-mail addresses as their mail is delivered: domains by IDNA 2008 (RFC 5891)."""

import re
from dataclasses import dataclass
from unicodedata import normalize

import idna

from core.characters import is_ignorable
from core.ports import EmailNormalizer

LONGEST_LABEL = 63
"""As the DNS knows it; a label in another script has fewer characters than that."""

DOTS = re.compile("[.\u3002\uff0e\uff61]")


@dataclass(frozen=True, slots=True)
class IdnaEmails(EmailNormalizer):
    def key(self, email: str) -> str:
        return key_of(email)


def key_of(email: str) -> str:
    """
    Return the one form of all spellings whose mail arrives in one mailbox.

    What stands behind a space is no domain, and stays: there the storage tells accounts
    of one mailbox apart.
    """
    local, at, rest = email.rpartition("@")
    domain, space, mark = rest.partition(" ")
    lowered = normalize("NFC", normalize("NFC", local).lower())
    known_as = a_labels(domain) or _lowered(domain)
    return f"{lowered}{at}{known_as}{space}{_lowered(mark)}"


def a_labels(domain: str) -> str | None:
    """Return the domain as the DNS knows it, in lower case; None if it can't."""
    lowered = _lowered(domain)
    if lowered.isascii() and "xn--" not in lowered:
        return lowered
    return _encoded(lowered) or _encoded(lowered, uts46=True)


def is_unmistakable(email: str) -> bool:
    """
    Tell whether every character is itself, and the domain one of IDNA 2008.

    What NFKC makes another character only looks like it: in a name that is compared, it
    would stand for somebody else. Letters and their accents may come in pieces.
    """
    if any(is_ignorable(c) or _is_another(c) for c in email):
        return False
    typed = normalize("NFC", email)
    domain = _lowered(typed.rpartition("@")[2])
    return typed == normalize("NFKC", typed) and _encoded(domain) is not None


def _lowered(domain: str) -> str:
    # Letter by letter: the lower case of a capital sigma does not depend on its place.
    letters = (letter.lower() for letter in normalize("NFC", domain))
    return normalize("NFC", "".join(letters))


def _encoded(domain: str, *, uts46: bool = False) -> str | None:
    # The older mapping (UTS #46) is for what was stored before IDNA 2008 was demanded.
    if max(map(len, DOTS.split(domain))) > LONGEST_LABEL:
        return None  # it would only take long to find that out
    try:
        return idna.encode(domain, strict=True, uts46=uts46).decode("ascii")
    except UnicodeError:
        return None


def _is_another(character: str) -> bool:
    composed = normalize("NFC", character)
    compatible = normalize("NFKC", character)
    return composed != compatible or (composed != character and len(composed) == 1)
