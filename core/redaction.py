"""What no message shows of a URL: who logs in by it, and with which password."""

import re

WORD = re.compile(r"\S+")


def redacted(text: str) -> str:
    """
    Return the text with nothing left between the scheme of a URL and its host.

    A password may hold what ends a URL's authority, so all up to the last ``@`` counts.
    """
    # Texts of clients pass here, too: a backtracking pattern could be kept busy by them.
    return WORD.sub(_hidden, text) if "://" in text and "@" in text else text


def _hidden(word: re.Match[str]) -> str:
    scheme, separator, rest = word[0].partition("://")
    _, at, host = rest.rpartition("@")
    return f"{scheme}{separator}***@{host}" if at else word[0]
