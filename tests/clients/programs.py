"""Services that verify offline, in processes of their own, as their pages have them."""

import os
import sys
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from tests.clients import npm, pages
from tests.servers.processes import ServerProcess
from tests.servers.service import NO_TLS

COOLDOWN = 0.2
"""Seconds that tests wait until made-up kids may cause another fetch."""

LIFESPAN = 1
"""Seconds after which keys are fetched again in any case."""


class NotesService(ServerProcess):
    """One of them; ``algorithm`` is that of the service's key."""

    name = "notes"
    page: str
    module: str
    """The file of the page that has the verifying in it."""

    def __init__(self, auth_url: str, algorithm: str) -> None:
        super().__init__()
        self.auth_url = auth_url
        self.write({'"EdDSA"': f'"{algorithm}"', **self.quicker()})

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @abstractmethod
    def quicker(self) -> Mapping[str, str]:
        """Return the changes that make it fetch keys more often."""

    def write(self, changes: Mapping[str, str]) -> None:
        pages.write(self.page, self.directory, {self.module: changes})

    def environment(self) -> Mapping[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "AUTH_URL": self.auth_url,
            "PORT": str(self.port),
        }

    def is_ready(self) -> bool:
        try:
            return httpx.get(self.url, verify=NO_TLS).status_code in {401, 404}
        except httpx.TransportError:
            return False


class PythonNotes(NotesService):
    page = "python.md"
    module = "verifier.py"
    app: str

    def quicker(self) -> Mapping[str, str]:
        return {
            "cooldown_duration=10": f"cooldown_duration={COOLDOWN}",
            "lifespan=300": f"lifespan={LIFESPAN}",
        }

    def command(self) -> Sequence[str | Path]:
        port = str(self.port)
        return [sys.executable, "-m", "uvicorn", f"{self.app}:app", "--port", port]


class FastApiNotes(PythonNotes):
    app = "notes_fastapi"


class FalconNotes(PythonNotes):
    app = "notes_falcon"


class NodeNotes(NotesService):
    """Needs the npm registry once; what was fetched is kept in the user's cache."""

    page = "node.md"
    module = "notes.mjs"

    def quicker(self) -> Mapping[str, str]:
        return {
            "cooldownDuration: 10_000": f"cooldownDuration: {round(COOLDOWN * 1000)}",
            "REFETCH = 300_000": f"REFETCH = {LIFESPAN * 1000}",
        }

    def command(self) -> Sequence[str | Path]:
        return [npm.NODE, "notes.mjs"]

    def write(self, changes: Mapping[str, str]) -> None:
        super().write(changes)
        npm.link(self.directory)
