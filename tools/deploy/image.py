"""
What is in an image, and which of it is known to be weak, by trivy.

    python -m tools.deploy.image sbom IMAGE.tar    # CycloneDX, to standard output
    python -m tools.deploy.image scan IMAGE.tar    # fails for what is grave and mended

An image is what `docker save` writes. The list of what is known is fetched for a scan.
"""

import subprocess
import sys

from tools.deploy.docker import REQUIREMENTS
from tools.deploy.environments import environment

OFFLINE = ("--skip-db-update", "--skip-java-db-update", "--offline-scan")
COMMANDS = {
    "sbom": ("--format", "cyclonedx", *OFFLINE),
    "scan": (
        *("--scanners", "vuln", "--severity", "HIGH,CRITICAL"),
        *("--ignore-unfixed", "--exit-code", "1"),
    ),
}


def main(command: str, archive: str) -> int:
    trivy = str(environment(REQUIREMENTS) / "trivy")
    quiet = ("--quiet", "--disable-telemetry", "--skip-version-check")
    words = ("image", "--input", archive, *quiet, *COMMANDS[command])
    return subprocess.run([trivy, *words], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
