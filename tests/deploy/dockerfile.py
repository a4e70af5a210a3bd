"""What the Dockerfile does while it builds, done without an engine, in a directory."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.service import CHECKOUT

DOCKER = CHECKOUT / "deploy" / "docker"
LONGEST = 300
STEP = re.compile(r"^([A-Z]+) (.+?)(?<!\\)$", re.MULTILINE | re.DOTALL)
MOUNT = re.compile(r"--mount=\S+")


@dataclass(frozen=True)
class Build:
    """The first stage, whose root is a directory; steps that need Debian are left out."""

    root: Path
    changed: Mapping[str, str] = field(default_factory=dict)
    """Files of the checkout that have another text."""

    @property
    def installation(self) -> Path:
        return self.root / "opt" / "scribes-auth"

    def run(self) -> None:
        """Take each step of the stage in turn; raises CalledProcessError."""
        build = self.root / "build"
        build.mkdir()
        (self.root / "opt").mkdir()
        arguments = ""
        for word, rest in steps((DOCKER / "Dockerfile").read_text()):
            if word == "ARG":
                arguments += f"{rest};"
            elif word == "COPY":
                self._copy(*rest.split())
            elif word == "RUN" and "apt-get" not in rest:
                self._run(arguments + MOUNT.sub("", rest))

    def _copy(self, *names: str) -> None:
        *sources, target = names
        for source in sources:
            for file in context():
                if source == "." or file == Path(source):
                    place = Path(target) / (file if source == "." else file.name)
                    copy = self.root / "build" / place
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(CHECKOUT / file, copy)
                    if text := self.changed.get(str(file)):
                        copy.write_text(text)

    def _run(self, command: str) -> None:
        here = re.sub(r"(?<![\w.])/(tools|opt)/", rf"{self.root}/\1/", command)
        here = here.replace("venv /tools", f"venv {self.root}/tools")
        here = here.replace(" --no-cache ", " ")  # quick
        subprocess.run(
            ["/bin/sh", "-ec", here],
            cwd=self.root / "build",
            check=True,
            timeout=LONGEST,
            capture_output=True,
        )


def steps(dockerfile: str) -> Iterator[tuple[str, str]]:
    """Yield the instructions of the stage that builds."""
    stage = dockerfile.split("AS build\n")[1].split("\nFROM ", maxsplit=1)[0]
    text = "\n".join(line for line in stage.splitlines() if not line.startswith("#"))
    for word, rest in STEP.findall(text):
        yield word, rest.replace("\\\n", " ")


def context() -> list[Path]:
    """Return the files that .dockerignore lets through, of those that the repository has."""
    lines = (CHECKOUT / ".dockerignore").read_text().splitlines()
    allowed = [line[1:] for line in lines if line.startswith("!")]
    listed = subprocess.run(
        ["git", "ls-files", "--", *allowed],  # noqa: S607 - whichever git there is
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [Path(name) for name in listed.stdout.splitlines()]
