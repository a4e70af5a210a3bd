"""Programs from Debian's packages: fetched once, unpacked, and never installed."""

import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tests.servers.processes import ServerStartError
from tools.kept import kept

LONGEST_FETCH = 120.0
SYSTEM_DIRECTORIES = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where servers are installed; only root has these in its PATH."""


def installed(program: str) -> Path | None:
    """Return where a program is, if this machine has it."""
    path = f"{os.environ.get('PATH', os.defpath)}:{SYSTEM_DIRECTORIES}"
    found = shutil.which(program, path=path)
    return Path(found) if found else None


def unpack(package: str, into: Path) -> None:
    """
    Unpack a package, and all it needs that is not installed, into a directory.

    Needs no root. The packages are fetched with apt, which checks their signatures, and
    are kept in the user's cache; remove that to get newer ones.
    """
    for archive in _archives(package):
        _run("dpkg-deb", "--extract", str(archive), str(into))


def library_path(root: Path) -> str:
    """Return the directories with libraries below one that packages were unpacked to."""
    found = {file.parent for file in root.glob("**/lib/**/*.so*")}
    return ":".join(map(str, sorted(found)))


def _archives(package: str) -> list[Path]:
    def fetch(into: Path) -> None:
        with tempfile.TemporaryDirectory() as apt:
            _fetch(package, into, Path(apt, "apt"))

    return sorted(kept(f"{package}-{_release()}", fetch).glob("*.deb"))


def _release() -> str:
    with suppress(OSError):
        os_release = platform.freedesktop_os_release()
        return f"{os_release['ID']}-{os_release.get('VERSION_ID', '0')}-{platform.machine()}"
    return "unknown"


def _fetch(package: str, into: Path, state: Path) -> None:
    """Download with the lists that the system has, or else with new ones of our own."""
    if shutil.which("apt-get") is None:
        raise ServerStartError(f"no {package}, and no apt-get to fetch it: install it")
    try:
        _download(package, into)
    except ServerStartError:
        options = _private_lists(state)
        _run("apt-get", *options, "update", cwd=into)
        _download(package, into, *options)


def _download(package: str, into: Path, *options: str) -> None:
    simulate = ("--simulate", "--no-install-recommends", "install", package)
    plan = _run("apt-get", *options, *simulate, cwd=into)
    words = [line.split() for line in plan.splitlines()]
    missing = [line[1] for line in words if line[:1] == ["Inst"]]
    if not missing:
        raise ServerStartError(f"apt-get has no {package} to install:\n{plan}")
    # As root it would change to a user who can't write here.
    sandbox = "--option=APT::Sandbox::User=root"
    _run("apt-get", *options, sandbox, "download", *missing, cwd=into)


def _private_lists(state: Path) -> list[str]:
    (state / "lists" / "partial").mkdir(parents=True)
    (state / "cache" / "archives" / "partial").mkdir(parents=True)
    return [
        f"--option=Dir::State={state}",
        "--option=Dir::State::status=/var/lib/dpkg/status",
        f"--option=Dir::Cache={state / 'cache'}",
        "--option=APT::Sandbox::User=root",
    ]


def _run(*command: str, cwd: Path | None = None) -> str:
    environment: Mapping[str, str] = {**os.environ, "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LONGEST_FETCH,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ServerStartError(f"{command[0]}: {error}") from error
    if done.returncode != 0:
        raise ServerStartError(f"{' '.join(command)}:\n{done.stderr or done.stdout}")
    return done.stdout
