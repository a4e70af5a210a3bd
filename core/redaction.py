"""What no message shows of a URL: who logs in by it, and with which password."""

import re

WORD = re.compile(r"\S+")
QUERY = re.compile(
    r"([?&][\w.-]{0,30}(?:passw|pwd|secret|mechanismproperties)[\w.-]{0,30}=)[^&\s]*",
    re.IGNORECASE,
)
"""A parameter that logs in; with bounds, for texts have none."""
HIDDEN = r"\1***"
LOGINS = "@", "="


def redacted(text: str) -> str:
    """
    Return the text with nothing left between the scheme of a URL and its host.

    A password may hold what ends a URL's authority, so all up to the last ``@`` counts.
    Nor is one left that a parameter of the URL names.
    """
    # Texts of clients pass here, too: a backtracking pattern could be kept busy by them.
    may_log_in = "://" in text and any(sign in text for sign in LOGINS)
    return WORD.sub(_hidden, text) if may_log_in else text


def _hidden(word: re.Match[str]) -> str:
    scheme, separator, rest = word[0].partition("://")
    _, at, host = rest.rpartition("@")
    login = "***@" if at else ""
    return f"{scheme}{separator}{login}{QUERY.sub(HIDDEN, host)}"
