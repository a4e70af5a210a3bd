"""Where variables are written: in `.env`, and in the environment, which goes before it."""

import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

from core import errors

DOTENV = Path(".env")
ENCODING = "utf-8-sig"
"""Some editors begin a file with a mark."""

NO_TEXT = "is not text in UTF-8; write it as text, and save a file as UTF-8"


def written() -> dict[str, str]:
    """Return all variables that have a value, by name in capitals; raises BadConfiguration."""
    found: dict[str, str] = {}
    for source in (dotenv(), os.environ):
        found |= {name.upper(): value for name, value in source.items() if value}
    return found


def dotenv() -> Mapping[str, str | None]:
    """Return what is in `.env`, if it is there; raises BadConfiguration."""
    try:
        return dotenv_values(DOTENV, encoding=ENCODING)
    except UnicodeDecodeError:
        raise errors.BadConfiguration([f"{DOTENV}: {NO_TEXT}"]) from None
    except OSError as error:
        raise errors.BadConfiguration(
            [f"{DOTENV}: {error.strerror}; let this process read it, or remove it"]
        ) from None
