"""Copies of this checkout, for tests that change or install into one."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.servers.service import CHECKOUT

SECONDS = 100
KNOWN = {"__pycache__/", "*.py[co]", ".mypy_cache/", ".ruff_cache/"}
"""What has been found out about these files, and libraries, need not be again."""

UNFINISHED = "*.pyc.*"
"""What others compile just now."""

PROGRAMS = ("ruff", "mypy", "lint-imports")


def copied_checkout(directory: Path) -> Path:
    """Return a copy with what `make install` leaves, which a test may change."""
    ignored = (CHECKOUT / ".gitignore").read_text(encoding="utf-8").split()
    patterns = {".git", UNFINISHED, *ignored} - KNOWN
    names = (pattern.strip("/") for pattern in patterns)
    copy = directory / "scribes-auth"
    shutil.copytree(CHECKOUT, copy, ignore=shutil.ignore_patterns(*names))
    environment = copy / ".venv"
    venv = [sys.executable, "-m", "venv", "--without-pip", str(environment)]
    subprocess.run(venv, check=True, timeout=SECONDS)
    (packages,) = environment.glob("lib/python*/site-packages")
    everything = sysconfig.get_path("purelib")
    added = f"import site; site.addsitedir({everything!r})\n"
    (packages / "everything.pth").write_text(added, encoding="utf-8")
    for program in PROGRAMS:
        there = Path(sys.executable).parent / program
        (environment / "bin" / program).symlink_to(there)
    mark_installed(copy)
    return copy


def mark_installed(checkout: Path) -> None:
    """Leave make nothing to install: its stamps are the newest files of all."""
    for stamp in ("uv", "serve", "all"):
        (checkout / ".venv" / stamp).touch()
