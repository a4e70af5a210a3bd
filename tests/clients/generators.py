"""Clients made of the running service's own description, checked, and run."""

import hashlib
import json
import subprocess
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.clients import npm
from tests.http.api import Person
from tools.kept import kept

PAGE = "generated.md"
REQUIREMENTS = npm.TOOLS / "requirements.txt"
LONGEST = 120.0
PROGRAMS = ("journey", "users")


@dataclass(frozen=True)
class Generated(ABC):
    """One of them, in a directory of its own; ``url`` is where the service is."""

    directory: Path
    url: str

    @abstractmethod
    def generate(self) -> None:
        """Write the client, and nothing of ours."""

    @abstractmethod
    def check(self) -> None:
        """Raise AssertionError unless its types, and the programs', are right."""

    @abstractmethod
    def _run(self, program: str, *arguments: str) -> str: ...

    def journey(self, person: Person) -> dict[str, Any]:
        """Return what the page's program tells of the way that it went."""
        return self._told("journey", self.url, person.email, person.username)

    def users(self, token: str, text: str) -> dict[str, Any]:
        """Return what the page's other program tells of the users that are found."""
        return self._told("users", self.url, token, text)

    def _told(self, program: str, *arguments: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._run(program, *arguments))
        return found


class TypeScript(Generated):
    def generate(self) -> None:
        (self.directory / "node_modules").symlink_to(npm.modules())
        (self.directory / "package.json").write_text('{"type": "module"}')
        url = f"{self.url}/openapi.json"
        npm.run("openapi-typescript", url, "--output=auth.d.ts", cwd=self.directory)

    def check(self) -> None:
        strict = ("--strict", "--exactOptionalPropertyTypes", "--noEmit")
        modules = ("--target", "es2022", "--module", "nodenext")
        plain = ("--allowImportingTsExtensions", "--types", "node")
        programs = [f"{it}.ts" for it in PROGRAMS]
        npm.run("tsc", *strict, *modules, *plain, *programs, cwd=self.directory)

    def _run(self, program: str, *arguments: str) -> str:
        return npm.run_node(Path(f"{program}.ts"), *arguments, cwd=self.directory)


class Python(Generated):
    package = "scribes_auth_client"

    def generate(self) -> None:
        config = self.directory / "config.json"
        config.write_text(json.dumps({"post_hooks": []}))
        self._python(
            *("-m", "openapi_python_client", "generate", "--fail-on-warning"),
            *("--url", f"{self.url}/openapi.json", "--meta", "none"),
            *("--config", str(config), "--output-path", self.package),
        )

    def check(self) -> None:
        run(
            *(sys.executable, "-m", "mypy", "--strict", "--config-file="),
            f"--cache-dir={environment() / 'mypy'}",  # of what the client imports
            *("--python-executable", str(environment() / "bin" / "python")),
            *(self.package, *(f"{it}.py" for it in PROGRAMS)),
            cwd=self.directory,
        )

    def _run(self, program: str, *arguments: str) -> str:
        return self._python(f"{program}.py", *arguments)

    def _python(self, *arguments: str) -> str:
        python = environment() / "bin" / "python"
        return run(str(python), *arguments, cwd=self.directory)


def environment() -> Path:
    """Return a virtual environment with the generator, whose needs are not ours."""
    made_of = f"{sys.base_prefix} {sys.version} {REQUIREMENTS.read_text()}"
    digest = hashlib.sha256(made_of.encode()).hexdigest()[:16]
    return kept(f"generator-{digest}", _install)


def _install(into: Path) -> None:
    run(sys.executable, "-m", "venv", str(into), cwd=into)
    pip = (str(into / "bin" / "python"), "-m", "pip", "install", "--quiet")
    run(*pip, "--require-hashes", "-r", str(REQUIREMENTS), cwd=into)


def run(*command: str, cwd: Path) -> str:
    """Return what a program says; raises AssertionError unless it exits with 0."""
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=LONGEST, check=False
    )
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")
    return done.stdout
