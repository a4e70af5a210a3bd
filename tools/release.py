"""
Prints what the changelog tells of the version in pyproject.toml, for its release.

    python tools/release.py v1.2.3

Fails unless the tag names that version, and the changelog has a dated section for it.
"""

import re
import sys
import tomllib
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]


class NotReady(ValueError):
    """The release can't be made; the message says why."""


def notes(tag: str, pyproject: str, changelog: str) -> str:
    """Return the section of the changelog for the tagged version; raises NotReady."""
    version = tomllib.loads(pyproject)["project"]["version"]
    if tag != f"v{version}":
        raise NotReady(f"The tag is {tag}, and pyproject.toml says {version}")
    heading = rf"^## {re.escape(version)} - \d{{4}}-\d\d-\d\d\n"
    found = re.search(
        rf"{heading}(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL
    )
    if found is None or not found[1].strip():
        raise NotReady(f"CHANGELOG.md tells nothing under `## {version} - YYYY-MM-DD`")
    return found[1].strip()


def main() -> None:
    files = (CHECKOUT / name for name in ("pyproject.toml", "CHANGELOG.md"))
    try:
        print(notes(sys.argv[1], *(file.read_text(encoding="utf-8") for file in files)))
    except NotReady as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
