"""A private server that speaks MongoDB's protocol."""

import socket
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import bson

from tests.servers.processes import ServerProcess

PATIENT = "timeoutMS=30000"
LAUNCHER = Path(__file__).with_name("secantus_launch.py")


def with_database(url: str, database: str) -> str:
    """Return the same server's URL with another database name."""
    return urlsplit(url)._replace(path=f"/{database}").geturl()


def patient(url: str) -> str:
    """Return the URL for tests that are not about time: this server is slow."""
    return f"{url}{'&' if '?' in url else '?'}{PATIENT}"


class MongoCompatibleServer(ServerProcess):
    """
    SecantusDB: MongoDB's wire protocol on WiredTiger. It is not mongod.

    Its licence is the GPL, so it runs in a process of its own and nothing of it is
    imported here.
    """

    name = "mongo"

    def __init__(self, *, replica_set: str | None = "rs", cache: str = "128M") -> None:
        super().__init__()
        self._replica_set = replica_set
        self._cache = cache

    @property
    def url(self) -> str:
        """For the driver; of a replica set of one, so that there are transactions."""
        address = f"mongodb://{self.host}:{self.port}/"
        return address + (
            f"?replicaSet={self._replica_set}" if self._replica_set else ""
        )

    def command(self) -> Sequence[str | Path]:
        # -P keeps the launcher's directory out of the import path.
        data = self.directory / "data"
        replica_set = [self._replica_set] if self._replica_set else []
        where = [str(self.port), str(data), self._cache, *replica_set]
        return [sys.executable, "-P", LAUNCHER, *where]

    def is_ready(self) -> bool:
        if "listening" not in self.log:
            return False
        reply = self._ask({"hello": 1, "$db": "admin"})
        return bool(reply) and bson.decode(reply)["isWritablePrimary"] is True

    def _ask(self, command: dict[str, object]) -> bytes:
        """Return the answer's document, or nothing if there is no answer."""
        message = struct.pack("<IB", 0, 0) + bson.encode(command)
        header = struct.pack("<iiii", 16 + len(message), 1, 0, 2013)  # OP_MSG
        try:
            with socket.create_connection((self.host, self.port), 1.0) as connection:
                connection.sendall(header + message)
                return connection.recv(65536)[21:]
        except OSError:
            return b""
