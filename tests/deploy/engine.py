"""
An engine for containers: Docker's, or else buildah and podman, as root.

Where no registry of images can be asked, what stands in for a published image is built of
Debian's packages: it has the same programs, and none of the publisher's own.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.servers.service import CHECKOUT
from tools.deploy import CheckNotMade
from tools.kept import kept

DOCKERFILE = CHECKOUT / "deploy" / "docker" / "Dockerfile"
BASE = "python:3.11-slim"
PACKAGES = "python3,python3-venv,python3-pip,ca-certificates"
PODMAN = ("buildah", "podman", "mmdebstrap", "runc", "iptables")
LONGEST = 900
CONFIGURATION = """
[containers]
default_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]
[network]
network_backend = "netavark"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
compat_api_enforce_docker_hub = false
"""
"""For a machine without systemd, on which root may not raise its own limits."""

BASE_DOCKERFILE = """
FROM scratch
ADD rootfs.tar /
RUN ln -sf python3 /usr/bin/python && rm -f /usr/lib/python3*/EXTERNALLY-MANAGED
ENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
CMD ["python3"]
"""


@dataclass(frozen=True)
class Engine:
    """Builds images and runs containers; ``program`` is what it is told by."""

    program: str

    def __call__(self, *arguments: str) -> str:
        return said([self.program, *arguments], {})

    def build(self, name: str, *arguments: str) -> None:
        words = ("build", "--file", str(DOCKERFILE), "--tag", name, *arguments)
        self(*words, str(CHECKOUT))


@dataclass(frozen=True)
class Podman(Engine):
    directory: Path

    def __call__(self, *arguments: str) -> str:
        return said([self.program, *arguments], self._environment())

    def build(self, name: str, *arguments: str) -> None:
        if not self("images", "--quiet", BASE):
            self._build(self._base_context(), BASE)
        ours = ("--file", str(DOCKERFILE), *_authorities(), *arguments)
        self._build(CHECKOUT, name, *ours)

    def _build(self, context: Path, name: str, *arguments: str) -> None:
        # Other kinds of isolation need cgroups of version 2, or not to be root.
        how = (
            "--isolation",
            "chroot",
            "--format",
            "docker",
            "--pull=never",
            "--layers",
        )
        command = ["buildah", "bud", *how, "--tag", name, *arguments, str(context)]
        said(command, self._environment())

    def _base_context(self) -> Path:
        def make(into: Path) -> None:
            include = f"--include={PACKAGES}"
            archive = str(into / "rootfs.tar")
            said(["mmdebstrap", "--variant=minbase", include, "bookworm", archive], {})
            (into / "Dockerfile").write_text(BASE_DOCKERFILE)

        return kept("debian-bookworm-python", make)

    def _environment(self) -> dict[str, str]:
        file = self.directory / "containers.conf"
        file.write_text(CONFIGURATION)
        return {"CONTAINERS_CONF": str(file)}


def engine(directory: Path) -> Engine:
    """Return the engine of this machine; raises CheckNotMade."""
    if shutil.which("docker"):
        asked = subprocess.run(
            ["docker", "version"],  # noqa: S607 - whichever there is
            capture_output=True,
            check=False,
        )
        if asked.returncode == 0:
            return Engine("docker")
    if os.geteuid() or not all(map(shutil.which, PODMAN)):
        raise CheckNotMade(f"no Docker engine, nor root with {', '.join(PODMAN)}")
    return Podman("podman", directory)


def said(command: Sequence[str], more: dict[str, str]) -> str:
    """Return what a program prints; raises AssertionError unless it exits with 0."""
    done = subprocess.run(
        command,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert 0 == done.returncode, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout.strip()


def _authorities() -> tuple[str, ...]:
    """Let the build trust whom this machine trusts."""
    here = Path("/etc/ssl/certs")
    return ("--volume", f"{here}:{here}:ro") if here.is_dir() else ()
