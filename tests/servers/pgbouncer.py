"""The real PgBouncer, before a PostgreSQL server."""

import os
import re
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.servers.debian import installed, library_path, unpack
from tests.servers.processes import ServerProcess, ServerStartError, unprivileged_owner


class PgBouncer(ServerProcess):
    """
    A pooler before the server of this URL, for the databases and the user of it.

    ``settings`` are PgBouncer's own, as in ``pgbouncer.ini``.
    """

    name = "pgbouncer"

    def __init__(self, server: str, **settings: str) -> None:
        super().__init__()
        self.owner = unprivileged_owner()
        self._server = urlsplit(server)
        self._settings = settings
        self._binary, self._libraries = self._find()
        self._write("users.txt", f'"{self._user}" "{self._password}"\n')
        if self.owner:
            self.owner.give(self.directory)

    @property
    def url(self) -> str:
        """The server's URL, by way of the pooler."""
        return self.before(self._server.geturl())

    def before(self, url: str) -> str:
        """Return the URL by which something on the server is reached through the pooler."""
        parts = urlsplit(url)
        login, _, _ = parts.netloc.rpartition("@")
        return parts._replace(netloc=f"{login}@{self.host}:{self.port}").geturl()

    @property
    def version(self) -> str:
        """What the program says of itself."""
        said = subprocess.run(
            [self._binary, "--version"],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        if found := re.search(r"PgBouncer (\S+)", said):
            return found[1]
        raise ServerStartError(f"PgBouncer does not run: {said}")

    def command(self) -> Sequence[str | Path]:
        self._write("pgbouncer.ini", self._configuration())
        return [self._binary, "pgbouncer.ini"]

    def environment(self) -> Mapping[str, str]:
        return {"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": self._libraries}

    def is_ready(self) -> bool:
        # The log is this start's; a port that somebody else has would have ended it.
        if "process up" not in self.log:
            return False
        with socket.socket() as probe:
            return probe.connect_ex((self.host, self.port)) == 0

    @property
    def _user(self) -> str:
        return unquote(self._server.username or "")

    @property
    def _password(self) -> str:
        return unquote(self._server.password or "")

    def _configuration(self) -> str:
        settings = {
            "listen_addr": self.host,
            "listen_port": str(self.port),
            "unix_socket_dir": "",
            "auth_type": "scram-sha-256",
            "auth_file": "users.txt",
        } | self._settings
        lines = [f"{name} = {value}" for name, value in settings.items()]
        to = f"host={self._server.hostname} port={self._server.port}"
        return "\n".join(["[databases]", f"* = {to}", "[pgbouncer]", *lines, ""])

    def _write(self, name: str, text: str) -> None:
        file = self.directory / name
        file.write_text(text, "utf-8")
        if self.owner:
            self.owner.give(file)

    def _find(self) -> tuple[Path, str]:
        """Return the binary, and where the libraries are that the system lacks."""
        if found := installed("pgbouncer"):
            return found, ""
        root = self.directory / "root"
        root.mkdir()
        unpack("pgbouncer", root)
        return root / "usr" / "sbin" / "pgbouncer", library_path(root)
