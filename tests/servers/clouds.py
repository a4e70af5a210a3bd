"""The clouds' secrets, by name: what stands in for each, and the settings that lead to it."""

import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from tests.servers import LOOPBACK
from tests.servers.aws import AwsServer
from tests.servers.azure_key_vault import AzureServer
from tests.servers.certificates import LocalAuthority
from tests.servers.gcp_secret_manager import GcpServer
from tests.servers.troubles import Troubles


class CloudServer(Protocol):
    """Keeps secrets; ``stop`` and ``start`` make an outage."""

    troubles: Troubles

    @property
    def host(self) -> str:
        """Where it listens."""

    @property
    def port(self) -> int:
        """Where it listens."""

    def start(self) -> object:
        """Serve; after stop() on the same port as before."""

    def stop(self) -> None:
        """Refuse connections."""

    def put(self, name: str, value: str) -> object:
        """Add a version."""

    def rotate(self, name: str, value: str) -> None:
        """Add a version of this moment; those before it stay in force."""

    def remove(self, name: str) -> None:
        """Delete a secret."""

    def disable(self, name: str) -> None:
        """Take the newest version back."""


ServerT = TypeVar("ServerT", bound=CloudServer)


@dataclass(frozen=True)
class Cloud(Generic[ServerT]):
    """A server that runs, and the names in it that are ours."""

    server: ServerT
    prefix: str
    _url: Callable[[int], str]
    _environment: Callable[[int], Mapping[str, str]]

    def settings(self, port: int | None = None) -> dict[str, str]:
        """Return what the service needs to find it, there or behind another port."""
        port = port or self.server.port
        return {"SECRETS_URL": self._url(port), **self._environment(port)}

    def put(self, name: str, value: str) -> None:
        """Make a secret, or a new version of it."""
        self.server.put(self.prefix + name, value)

    def rotate(self, name: str, value: str) -> None:
        """Make a new version at this moment; those before it stay in force."""
        self.server.rotate(self.prefix + name, value)

    def remove(self, name: str) -> None:
        """Take a secret away."""
        self.server.remove(self.prefix + name)

    def disable(self, name: str) -> None:
        """Take its newest version back."""
        self.server.disable(self.prefix + name)


@contextmanager
def aws() -> Iterator[Cloud[AwsServer]]:
    """Yield AWS Secrets Manager."""
    server = AwsServer().start()
    prefix = f"scribes/{secrets.token_hex(8)}/"  # moto keeps all that it ever had
    url = f"aws://{server.region}/{prefix}"
    try:
        yield Cloud(server, prefix, lambda _: url, server.environment)
    finally:
        server.stop()


@contextmanager
def gcp() -> Iterator[Cloud[GcpServer]]:
    """Yield Google Secret Manager."""
    server = GcpServer().start()
    url = f"gcp://{server.project}/test-?endpoint={LOOPBACK}"
    try:
        yield Cloud(server, "test-", lambda port: f"{url}:{port}", lambda _: {})
    finally:
        server.stop()


@contextmanager
def azure() -> Iterator[Cloud[AzureServer]]:
    """Yield Azure Key Vault."""
    url = "azure://scribes/test-?endpoint=https://localhost"
    with tempfile.TemporaryDirectory() as directory:
        server = AzureServer(LocalAuthority(), Path(directory)).start()
        environment = server.environment
        try:
            yield Cloud(
                server, "test-", lambda port: f"{url}:{port}", lambda _: environment
            )
        finally:
            server.stop()


CLOUDS: dict[str, Callable[[], AbstractContextManager[Cloud[Any]]]] = {
    "aws": aws,
    "gcp": gcp,
    "azure": azure,
}
