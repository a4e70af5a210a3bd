"""Characters that nobody sees, and those that turn the order of others around."""

import unicodedata

IGNORABLE = tuple(
    range(first, last + 1)
    for first, last in (
        (0xAD, 0xAD),
        (0x34F, 0x34F),
        (0x61C, 0x61C),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x200B, 0x200F),
        (0x202A, 0x202E),
        (0x2060, 0x206F),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFEFF, 0xFEFF),
        (0xFFA0, 0xFFA0),
        (0xFFF0, 0xFFF8),
        (0x1BCA0, 0x1BCA3),
        (0x1D173, 0x1D17A),
        (0xE0000, 0xE0FFF),
    )
)
"""Default_Ignorable_Code_Point of Unicode 16 (UAX #44), which the library does not tell."""

EMPTY = "\u2800\U0001d159"
"""Signs whose picture is empty: a Braille pattern without dots, a note without a head."""

SHAPING = "\u200c\u200d\u180b\u180c\u180d\u180f\ufe0e\ufe0f"
"""Invisible, yet some scripts and emoji are not written right without them."""

NOTHING = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
SHOWN = frozenset(
    {"Ll", "Lm", "Lo", "Lt", "Lu", "Nd", "Nl", "No", "Pc", "Pd", "Pe", "Pf", "Pi", "Po"}
    | {"Ps", "Sc", "Sk", "Sm", "So", "Cn"}
)
"""What is unknown to this library may be known to the reader's: it is newer each year."""


def is_ignorable(character: str) -> bool:
    """Tell whether it is not shown at all where fonts and programs do as Unicode says."""
    return any(ord(character) in span for span in IGNORABLE)


def is_visible(character: str) -> bool:
    """Tell whether a reader sees it without anything beside it."""
    shown = unicodedata.category(character) in SHOWN
    return shown and character not in EMPTY and not is_ignorable(character)


def is_hidden(character: str) -> bool:
    """
    Tell whether it has no business in a name.

    Those are controls, overrides of the direction, private characters and halves of
    pairs, and what is invisible and shapes no letter.
    """
    if character in SHAPING:
        return False
    return unicodedata.category(character) in NOTHING or is_ignorable(character)
