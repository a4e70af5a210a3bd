"""Programs from PyPI whose needs are not ours: a virtual environment for each list of them."""

import hashlib
import subprocess
import sys
from pathlib import Path

from tools.deploy import CheckNotMade
from tools.kept import kept

INSTALLER = Path(__file__).parents[1] / "installer.py"
LONGEST_INSTALL = 600.0


def environment(requirements: Path) -> Path:
    """Return the ``bin`` of one that holds what a list with hashes names; made once."""
    made_of = f"{sys.base_prefix} {sys.version} {requirements.read_text()}"
    digest = hashlib.sha256(made_of.encode()).hexdigest()[:16]

    def install(into: Path) -> None:
        _run("-m", "venv", "--without-pip", str(into))
        python = str(into / "bin" / "python")
        where = ("--quiet", "--python", python)
        what = ("--require-hashes", "-r", str(requirements))
        _run(str(INSTALLER), "uv", "pip", "install", *where, *what)

    return kept(f"{requirements.stem}-{digest}", install) / "bin"


def _run(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        timeout=LONGEST_INSTALL,
        check=False,
    )
    if done.returncode != 0:
        raise CheckNotMade(f"{' '.join(arguments)}:\n{done.stdout}{done.stderr}")
