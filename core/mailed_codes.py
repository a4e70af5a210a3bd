"""
Codes that were mailed and don't name the user: with the address they make a mailed token.

Where a provider of identities mails codes of its own, whoever has one says to whom it was
mailed; to the ports both are one ``mail_token``.
"""

from core import errors

BETWEEN = " "
"""In no address and in no code."""


def joined(email: str, code: str) -> str:
    """Return both as one mailed token."""
    return f"{email}{BETWEEN}{code}"


def parted(mail_token: str) -> tuple[str, str]:
    """Return address and code; raises InvalidMailToken for what does not have both."""
    email, _, code = mail_token.partition(BETWEEN)
    if "@" not in email or not code:
        raise errors.InvalidMailToken
    return email, code
