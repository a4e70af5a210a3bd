"""The image's Dockerfile and the compose files, by hadolint, trivy and Compose itself."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tools.deploy import CheckNotMade
from tools.deploy.environments import environment

REQUIREMENTS = Path(__file__).with_name("requirements-docker.txt")
MADE, WRONG = 0, 1
LONGEST = 100.0


def check(templates: Path) -> list[str]:
    """Return what is wrong with the files in a folder; raises CheckNotMade."""
    return [
        *hadolint(templates / "Dockerfile"),
        *trivy(templates),
        *compose(templates / "compose.yaml"),
    ]


def hadolint(dockerfile: Path) -> Iterator[str]:
    """Yield what is no good style in a Dockerfile, or can't be read."""
    said = _run("hadolint", "--format", "json", str(dockerfile))
    if said.returncode not in {MADE, WRONG}:
        raise CheckNotMade(f"hadolint: {said.stderr}")
    for it in json.loads(said.stdout):
        yield f"{dockerfile.name}:{it['line']}: {it['code']} {it['message']}"


def trivy(templates: Path) -> Iterator[str]:
    """Yield what is unsafe in Dockerfiles."""
    said = _run(
        *("trivy", "config", "--skip-check-update", "--skip-version-check", "--quiet"),
        *("--disable-telemetry", "--misconfig-scanners", "dockerfile"),
        *("--format", "json", str(templates)),
    )
    try:
        results = json.loads(said.stdout).get("Results", [])
    except ValueError as error:
        raise CheckNotMade(f"trivy: {said.stderr[-2000:]}") from error
    for result in results:
        for it in result.get("Misconfigurations", []):
            line = it["CauseMetadata"].get("StartLine", 0)
            yield f"{result['Target']}:{line}: {it['ID']} {it['Message']}"


def compose(file: Path) -> Iterator[str]:
    """Yield why Compose can't run a file, and what it would run with more than it needs."""
    arguments = ("-f", str(file), "--profile", "*", "config", "--format", "json")
    said = _run("docker-compose", *arguments)
    if said.returncode:
        yield f"{file.name}: {' '.join(said.stderr.split())}"
        return
    services: Mapping[str, Mapping[str, Any]] = json.loads(said.stdout)["services"]
    for name, service in services.items():
        for what in _careless(service):
            yield f"{file.name}: {name} {what}"


def _careless(service: Mapping[str, Any]) -> Iterator[str]:
    if "healthcheck" not in service:
        yield "has no health check, and `up --wait` would not wait for it"
    if "no-new-privileges:true" not in service.get("security_opt", []):
        yield "may gain privileges (security_opt)"
    if "ALL" not in service.get("cap_drop", []):
        yield "keeps capabilities (cap_drop)"
    if service.get("image", "").endswith(":latest"):
        yield "is whatever image is the latest"
    for volume in service.get("volumes", []):
        if volume["type"] == "bind" and volume["bind"].get("create_host_path", True):
            yield f"makes a folder where {Path(volume['source']).name} is not there"
    for port in service.get("ports", []):
        if port.get("host_ip") != "127.0.0.1":
            yield f"is published beyond this machine (port {port['target']})"


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(environment(REQUIREMENTS) / program), *arguments],
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
