"""The linters and generators of clients, which npm has."""

from pathlib import Path

from tools import npm
from tools.npm import LOCK, NODE

__all__ = ["LOCK", "NODE", "TOOLS", "link", "modules", "run", "run_node"]

TOOLS = Path(__file__).with_name("tools")
SILENT = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
"""Its maker is told nothing, and asked nothing."""


def modules() -> Path:
    """Return the `node_modules` with them."""
    return npm.modules(TOOLS)


def link(directory: Path) -> None:
    """Give a directory what its lock file names."""
    (directory / "node_modules").symlink_to(npm.modules(directory))


def run(program: str, *arguments: str | Path, cwd: Path) -> str:
    """Run one of them, and return what it says; raises AssertionError unless it is content."""
    return run_node(modules() / ".bin" / program, *arguments, cwd=cwd)


def run_node(script: Path, *arguments: str | Path, cwd: Path) -> str:
    """Run a script, and return what it says; raises AssertionError unless it exits with 0."""
    done = npm.run(script, *arguments, cwd=cwd, settings=SILENT)
    if done.returncode != 0:
        raise AssertionError(f"{script.name}:\n{done.stdout}\n{done.stderr}")
    return done.stdout
