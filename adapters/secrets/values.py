"""What a secret is made of: text, without the line end that editors and `echo` leave."""

import json
import re

from core import errors

BYTE_ORDER_MARK = "\ufeff"
"""What some editors write before a text in UTF-8, and nobody sees."""

LINE_END = re.compile(r"\r?\n\Z")


def value_of(text: str) -> str:
    """Return the secret in a text: exactly one line end behind it is no part of it."""
    return LINE_END.sub("", text)


def value_in(content: bytes, secret: str) -> str:
    """Return the secret in what was stored; raises ``SecretNotFound`` if there is none."""
    try:
        value = value_of(content.decode())
    except UnicodeDecodeError:
        raise errors.SecretNotFound(
            f"{secret} is not text in UTF-8; store a password as text, a key as PEM"
        ) from None
    if value.startswith(BYTE_ORDER_MARK):
        raise errors.SecretNotFound(
            f"{secret} begins with a byte order mark; store it without one"
        )
    if not value:
        raise errors.SecretNotFound(f"{secret} is empty")
    return value


def json_fields(text: str) -> list[str] | None:
    """Return the names of the fields if the text is a JSON object, else None."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return list(found) if isinstance(found, dict) else None
