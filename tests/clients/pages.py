"""The files that the pages in docs/clients tell a reader to write."""

import re
from collections.abc import Mapping
from pathlib import Path

from tests.servers.service import CHECKOUT

FOLDER = CHECKOUT / "docs" / "clients"
BLOCK = re.compile(r"^```\w+\n(?:#|//) ([\w.-]+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def files_of(page: str) -> dict[str, str]:
    """Return a page's files by name."""
    return dict(BLOCK.findall((FOLDER / page).read_text("utf-8")))


def changed(text: str, changes: Mapping[str, str]) -> str:
    """Return a file as an operator would adapt it: what is replaced has to be there."""
    for old, new in changes.items():
        if old not in text:
            raise ValueError(f"the page has no {old!r}")
        text = text.replace(old, new)
    return text


def write(
    page: str, into: Path, changes: Mapping[str, Mapping[str, str]] | None = None
) -> None:
    """Write a page's files, those that ``changes`` names with these changes."""
    files = files_of(page)
    for name, text in files.items():
        (into / name).write_text(changed(text, (changes or {}).get(name, {})), "utf-8")
    if unknown := (changes or {}).keys() - files.keys():
        raise ValueError(f"{page} has no {unknown}")
