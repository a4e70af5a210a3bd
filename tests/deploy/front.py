"""nginx, as we ship it, in front of replicas."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Self

import httpx
import pytest

from tests.http.api import Person
from tests.servers import LOOPBACK
from tests.servers.certificates import LocalAuthority
from tests.servers.nginx import Nginx
from tests.servers.service import Service, together

NAME = "auth.example.com"
"""What the shipped configuration calls itself."""

PLACES = ("10.0.0.11:8000", "10.0.0.12:8000")
"""Where it looks for replicas."""


class Front:
    """A running nginx, and clients of it that come from addresses of this machine."""

    def __init__(
        self,
        authority: LocalAuthority,
        replicas: Sequence[Service],
        changes: Mapping[str, str] | None = None,
    ) -> None:
        chain, key = authority.server_files(NAME, LOOPBACK)
        ports = (f"{LOOPBACK}:{replica.port}" for replica in replicas)
        places = dict(zip(PLACES, ports, strict=True))
        self.nginx = Nginx(chain, key, places | dict(changes or {}))
        self._tls = authority.client_context()
        self._clients: dict[str, httpx.Client] = {}
        self._ends = ExitStack()

    def __enter__(self) -> Self:
        self._ends.callback(self.nginx.stop)
        try:
            self.nginx.start()
        except BaseException:
            self._ends.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ends.close()

    def client(self, source: str = LOOPBACK) -> httpx.Client:
        """Return a client whose connections come from an address of 127.0.0.0/8."""
        if source not in self._clients:
            transport = httpx.HTTPTransport(verify=self._tls, local_address=source)
            client = httpx.Client(
                transport=transport, base_url=self.nginx.url, timeout=30
            )
            self._clients[source] = self._ends.enter_context(client)
        return self._clients[source]

    def try_to_log_in(self, source: str, headers: Mapping[str, str]) -> httpx.Response:
        """Fail, as a different person each time: the address alone is to count."""
        body = Person.new().credentials
        return self.client(source).post("/auth/login", json=body, headers=headers)


@contextmanager
def started(
    new: pytest.TempPathFactory, **settings: str
) -> Generator[list[Service], None, None]:
    """Yield two replicas with the same settings."""
    services = [Service(new.mktemp("replica"), **settings) for _ in "ab"]
    with together(*services) as running:
        yield running
