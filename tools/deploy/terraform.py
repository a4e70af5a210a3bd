"""
Terraform templates: their form, what providers say of them, their own tests, two scanners.

``terraform`` is the one of this machine. Which arguments a provider has, tfcheck knows
without one (``TFCHECK``, or where it lies beside the checkout); the provider for AWS is
taken from its mirror, and asked, too.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tools.deploy import CheckNotMade, scanners
from tools.deploy.environments import environment

CHECKOUT = Path(__file__).parents[2]
TFCHECK = Path("..", "shared", "tools", "tfcheck", "tfcheck.py")
MIRRORED = re.compile(r'"hashicorp/aws"')
"""Of this provider there is a mirror, and a missing mirror shall not shrink the check."""

ERROR = re.compile(
    r"^(?:ERROR|Error): (.+?)(?=^(?:ERROR|Error): |^tfcheck: |\Z)",
    re.MULTILINE | re.DOTALL,
)
NOT_TO_BE_HAD = re.compile(
    r"could not be downloaded|no provider mirror|not in the .*mirror"
)
"""Why tfcheck can't check, where the templates are not to blame."""

RIGHT = 0
LONGEST_LINE = 400
LONGEST = 600.0


def check(templates: Path, *, quick: bool = False) -> list[str]:
    """
    Return what is wrong with a folder of templates, which needs no other folder.

    ``quick``: by tfcheck's own engine alone, which has all schemas, and by no provider.
    """
    meant = meaning(templates, quick=quick)
    return [*form(templates), *meant, *scanners.findings(templates)]


def form(templates: Path) -> list[str]:
    """Return the files that ``terraform fmt`` would write otherwise, or can't read."""
    command = [_terraform(), f"-chdir={templates}", "fmt", "-check", "-recursive"]
    done = _run([*command, "-no-color"])
    unreadable = list(_errors(done.stderr))
    otherwise = [] if unreadable else done.stdout.split()
    return [*unreadable, *(f"{file}: `terraform fmt` it" for file in otherwise)]


def meaning(templates: Path, *, quick: bool = False) -> list[str]:
    """Return what the providers refuse, and where that is nothing, the tests that fail."""
    engines = _engines(templates)
    return [
        line
        for engine in (engines[:1] if quick else engines)
        for line in tfcheck(templates, "test", engine)
    ]


def tfcheck(
    templates: Path, command: str, engine: str, *arguments: str | Path
) -> list[str]:
    """Return what one command of tfcheck, with one engine, finds."""
    done = run(templates, command, engine, *arguments)
    if done.returncode == RIGHT:
        return []
    said = done.stdout + done.stderr
    return list(_errors(said)) or [_shortened(said.strip())]


def run(
    templates: Path, command: str, engine: str, *arguments: str | Path
) -> subprocess.CompletedProcess[str]:
    """Return what one command of tfcheck, with one engine, says."""
    _terraform()
    python = environment(scanners.REQUIREMENTS) / "python"
    with tempfile.TemporaryDirectory() as place:
        # Nothing of a run is left behind, and two may be made at once.
        copy = Path(place, templates.name)
        ignored = shutil.ignore_patterns(".terraform*", "*.tfstate*")
        shutil.copytree(templates, copy, ignore=ignored)
        what = [str(copy), command, "--engine", engine, *map(str, arguments)]
        done = _run([str(python), str(tfcheck_program()), *what])
    if NOT_TO_BE_HAD.search(done.stderr):
        raise CheckNotMade(done.stderr.strip())
    return done


def tfcheck_program() -> Path:
    """Return where tfcheck is."""
    program = Path(os.environ.get("TFCHECK") or CHECKOUT / TFCHECK)
    if not program.is_file():
        raise CheckNotMade(f"no tfcheck at {program}; TFCHECK may name it")
    return program


def _engines(templates: Path) -> list[str]:
    texts = (file.read_text() for file in templates.glob("*.tf"))
    return ["rebuilt", *(["real"] if any(map(MIRRORED.search, texts)) else [])]


def _errors(said: str) -> Iterator[str]:
    """Yield each error that Terraform tells, in one line."""
    plain = re.sub(r"[╷│╵]", "", said)
    for found in ERROR.finditer(plain):
        yield _shortened(" ".join(found[1].split()))


def _shortened(line: str) -> str:
    """Keep the ends: the place stands first, and what a failed test has to say last."""
    if len(line) <= LONGEST_LINE:
        return line
    half = LONGEST_LINE // 2
    return f"{line[:half]} ... {line[-half:]}"


def _terraform() -> str:
    if (found := shutil.which("terraform")) is None:
        raise CheckNotMade("no terraform in the PATH")
    return found


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, timeout=LONGEST, check=False
    )
