"""
Names as they may stand in a mail.

Anybody can register anybody's address: a name that mail programs turn into a link, or that
a reader takes for one, would have us send somebody else's advertisements. So only a name that
is nothing but a name is shown; any other is left out, and its reader greeted without one.
"""

import re
import unicodedata

from core.characters import SHAPING, is_hidden

LONGEST_NAME = 100
MOST_DIGITS = 4
"""More are called: programs make a link of every number that could be a telephone's."""

PUNCTUATION = frozenset(" '\"&(),-.;\u2010\u2013\u2014\u2018\u2019\u201c\u201d")
LIKE_DOTS = re.compile(
    "[\u02d0\u02d1\u1427\u18df\ua4f8-\ua4fd\ua78f\U0001d165-\U0001d172]"
)
"""Letters and marks that are drawn as dots or colons."""

ACUTE = "\u00b4"
"""Many keyboards' apostrophe; a space with a mark on it to Unicode."""

MOST_MARKS = 4
"""On one letter: a pile of them covers the lines above and below."""

PICTURES = re.compile("[\U0001f300-\U0001faff]")

TITLES = "dr|esq|fr|hon|ing|jr|mlle|mme|mr|mrs|ms|ph|prof|rev|sr|sra|st|ste"
_LETTER = r"[^\W\d_]"
HARMLESS = re.compile(
    rf"(?<![\w.])(?:{TITLES})\.(?=[ ,]|$)"  # Dr. Who, Ann Example, Sr.
    rf"|(?<![\w.]){_LETTER}(?:\.{_LETTER})*\.(?![\w.])"  # J.R.R. Tolkien
    r"|(?<![\w.])ph\.d\.(?![\w.])"
    r"|(?<=[^\W\d_]{5})\.$",
    re.IGNORECASE,
)
SUSPICIOUS = re.compile(
    r"\."  # any that is left
    r"|[,;](?=[^ ])"
    rf"|(?<!{_LETTER})(?:https?|hxxps?|ftp|www\d*|mailto)(?!{_LETTER})"
    r"|\w[ (]+dot[ )]+\w"
    r"|\w[\U0001f300-\U0001faff]+\w",
    re.IGNORECASE,
)


def presentable(name: str) -> str:
    """Return the name as it may stand in a mail, or nothing."""
    words = " ".join(name.split())
    clean = "".join(c for c in words if not is_hidden(c))
    return clean[:LONGEST_NAME].strip() if _is_nothing_else(clean) else ""


def _is_nothing_else(name: str) -> bool:
    # As it looks: without what shapes letters, and with all that is drawn like a dot as one.
    whole = unicodedata.normalize("NFKC", name.replace(ACUTE, "'"))
    seen = "".join(filter(_is_seen, whole))
    if (
        not _are_marks_on_letters(whole)
        or not all(map(_is_of_names, seen))
        or sum(map(str.isdigit, seen)) > MOST_DIGITS
    ):
        return False
    return not SUSPICIOUS.search(HARMLESS.sub(" ", seen))


def _is_seen(character: str) -> bool:
    return unicodedata.category(character) not in {"Cf", "Mn", "Me"}


def _are_marks_on_letters(name: str) -> bool:
    # Without a letter below or above it, a mark is a dot or a stroke of its own.
    marks = MOST_MARKS
    for character in name:
        if character in SHAPING:
            continue
        kind = unicodedata.category(character)[0]
        marks = marks + 1 if kind == "M" else 0 if kind == "L" else MOST_MARKS
        if marks > MOST_MARKS:
            return False
    return True


def _is_of_names(character: str) -> bool:
    if character in PUNCTUATION or PICTURES.match(character):
        return True
    if LIKE_DOTS.match(character):
        return False
    letter = unicodedata.category(character)[0] in "LM"
    return letter or (character.isascii() and character.isdigit())
