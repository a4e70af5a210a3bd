"""checkov and trivy, which know what is unsafe; an exception needs a reason beside it."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.deploy import CheckNotMade
from tools.deploy.environments import environment

REQUIREMENTS = Path(__file__).with_name("requirements-terraform.txt")
LONGEST = 300.0
WITHOUT_REASON = re.compile(
    r"(?:checkov:skip=|trivy:ignore:)([\w-]+)[:\s]*$", re.MULTILINE
)


def findings(templates: Path) -> list[str]:
    """Return what they find in Terraform templates, a line each."""
    return [*_unexplained(templates), *_checkov(templates), *_trivy(templates)]


def _unexplained(templates: Path) -> Iterator[str]:
    for file in sorted(templates.rglob("*.tf")):
        for found in WITHOUT_REASON.finditer(file.read_text()):
            yield f"{file.name}: {found[1]} is excepted without a reason"


def _checkov(templates: Path) -> Iterator[str]:
    said = _said(
        *("python", "-m", "checkov.main", "-d", str(templates)),
        *("--framework", "terraform", "--skip-download", "--quiet", "--compact"),
        *("--output", "json", "--soft-fail"),
    )
    for found in said.get("results", {}).get("failed_checks", []):
        place = f"{found['file_path'].lstrip('/')}:{found['file_line_range'][0]}"
        yield f"{place}: {found['check_id']} {found['resource']}: {found['check_name']}"


def _trivy(templates: Path) -> Iterator[str]:
    said = _said(
        *("trivy", "config", "--skip-check-update", "--skip-version-check", "--quiet"),
        *("--disable-telemetry", "--format", "json", str(templates)),
    )
    for result in said.get("Results", []):
        for found in result.get("Misconfigurations", []):
            cause = found["CauseMetadata"]
            place = f"{result['Target']}:{cause.get('StartLine', 0)}"
            told = f"{found['ID']} {cause.get('Resource', '')}: {found['Message']}"
            yield f"{place}: {told}"


def _said(program: str, *arguments: str) -> dict[str, Any]:
    command = [str(environment(REQUIREMENTS) / program), *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=LONGEST, check=False
    )
    try:
        said: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        raise CheckNotMade(f"{' '.join(command)}: {done.stderr[-2000:]}") from error
    return said
