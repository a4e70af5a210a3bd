"""What is wrong with a URL before any adapter or driver reads, and maybe quotes, it."""

import re

PERCENT_ENCODE = (
    "percent-encode it: @ is %40, / is %2F, ? is %3F, # is %23, : is %3A, % is %25,"
    " a blank is %20"
)
JSON = (
    "this is JSON and no URL; write secret:NAME#url for one that is put together from the"
    " fields of such a secret, or secret:NAME#FIELD"
)
END_OF_AUTHORITY = re.compile(r"[/?#]")
UNPRINTABLE = re.compile(r"[\s\x00-\x1f\x7f]")


def problem_with(url: str, *, takes_login: bool) -> str | None:
    """
    Return what to write instead, None if drivers can only read the URL as it was meant.

    Where somebody's password holds a character that ends a part of a URL, every driver
    takes another piece of it for the host, and quotes that in its errors. Whoever has no
    host, like ``sqlite:///path``, has no such parts.
    """
    _, _, rest = url.partition("://")
    authority = END_OF_AUTHORITY.split(rest, maxsplit=1)[0]
    behind = rest[len(authority) :]
    rules = (
        (url.lstrip().startswith("{"), JSON),
        (
            "@" in authority and not takes_login,
            "takes no user or password; credentials are found by themselves",
        ),
        (
            authority.count("@") > 1,
            f"a second @; if it is in the user or password, {PERCENT_ENCODE}",
        ),
        (
            bool(authority) and "@" in behind and takes_login,
            f"an @ behind a /, ? or #; if those are in the password, {PERCENT_ENCODE}",
        ),
        (
            bool(authority and UNPRINTABLE.search(url)),
            f"a blank or a line break; if it is in the password, {PERCENT_ENCODE}",
        ),
    )
    return next((problem for broken, problem in rules if broken), None)
