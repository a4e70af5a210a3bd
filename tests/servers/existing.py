"""A server that runs already: an environment variable names it."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from tests.servers import LOOPBACK

DEFAULT_PORTS = {"postgresql": 5432, "mongodb": 27017, "redis": 6379}


@dataclass(frozen=True)
class ExistingServer:
    """Nobody starts, stops or crashes what is not ours."""

    url: str

    @property
    def host(self) -> str:
        """Where it listens."""
        return urlsplit(self.url).hostname or LOOPBACK

    @property
    def port(self) -> int:
        """Where it listens."""
        parts = urlsplit(self.url)
        return parts.port or DEFAULT_PORTS[parts.scheme]

    def start(self) -> Self:
        """Do nothing: it runs already."""
        return self

    def stop(self) -> None:
        """Do nothing: it is others' to stop."""
