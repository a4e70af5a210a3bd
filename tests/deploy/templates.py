"""What Terraform templates make of an example's variables, without a cloud."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tools.deploy import CheckNotMade, scanners, terraform
from tools.deploy.environments import environment

DEPLOY = terraform.CHECKOUT / "deploy"
QUICK_OR_WHOLE = pytest.mark.parametrize(
    "quick", [True, pytest.param(False, marks=pytest.mark.soak)]
)
"""Without a provider of half a gigabyte, which runs the templates' tests, or with it."""

IMAGE = "registry.example.com/scribes-auth:1.0.0"
LONGEST = 300.0


@dataclass(frozen=True)
class Applied:
    """All that an apply would have left behind."""

    outputs: dict[str, Any]
    resources: Sequence[dict[str, Any]]

    def indexed(self, kind: str) -> Iterator[dict[str, Any]]:
        """Yield the resources of a kind: their ``values``, and their ``index`` if any."""
        return (it for it in self.resources if it["type"] == kind)

    def all(self, kind: str) -> Iterator[dict[str, Any]]:
        """Yield what is known of each resource of a kind."""
        return (it["values"] for it in self.indexed(kind))


def told(container: dict[str, Any]) -> dict[str, str]:
    """Return the environment that a template gives a container."""
    return {it["name"]: it["value"] for it in container["env"]}


def is_passed(path: str, patterns: Sequence[str]) -> bool:
    """Tell whether a balancer passes a path on, if it passes these: `/x`, or `/x/*`."""
    return any(
        path.startswith(pattern[:-1]) if pattern.endswith("/*") else path == pattern
        for pattern in patterns
    )


@contextmanager
def checked() -> Iterator[None]:
    """Skip the test where the tools for a check are not to be had."""
    try:
        yield
    except CheckNotMade as missing:
        pytest.skip(str(missing))


def copy_of(cloud: str, directory: Path) -> Path:
    """Copy a cloud's templates, for mistakes to be made in them."""
    ignored = shutil.ignore_patterns(".terraform*", "*.tfstate*")
    return shutil.copytree(DEPLOY / cloud, directory / cloud, ignore=ignored)


def applied(
    cloud: str, directory: Path, doubles: str = "", **variables: str
) -> Applied:
    """
    Apply the templates with the example's variables, on providers that make nothing.

    ``doubles`` says what those answer, as in a test file; what it does not say is made up.
    """
    templates = copy_of(cloud, directory)
    (templates / "example.tfvars").rename(templates / "example.auto.tfvars")
    given = "\n".join(
        f"{name} = {json.dumps(value)}"
        for name, value in {"image": IMAGE, **variables}.items()
    )
    shutil.rmtree(templates / "tests")
    (templates / "tests").mkdir()
    (templates / "tests" / "example.tftest.hcl").write_text(
        f'{_mocks(templates)}\n{doubles}\nvariables {{\n{given}\n}}\nrun "example" {{}}\n'
    )
    return _read(_test(templates))


def _mocks(templates: Path) -> str:
    needed = re.findall(r"(\w+) = {\s+source", (templates / "versions.tf").read_text())
    return "\n".join(f'mock_provider "{name}" {{}}' for name in needed)


def _test(templates: Path) -> str:
    program = Path(os.environ.get("TFCHECK") or terraform.CHECKOUT / terraform.TFCHECK)
    if not program.is_file() or shutil.which("terraform") is None:
        raise CheckNotMade("no tfcheck, or no terraform")
    python = environment(scanners.REQUIREMENTS) / "python"
    done = subprocess.run(
        [
            *(python, program, templates, "test", "--engine", "rebuilt"),
            *("-json", "-verbose"),
        ],
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    return done.stdout


def _read(said: str) -> Applied:
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    (state,) = (line["test_state"] for line in lines if line["type"] == "test_state")
    outputs = {name: it["value"] for name, it in state["outputs"].items()}
    return Applied(outputs, state["root_module"]["resources"])
