"""The real nginx, with the configuration that we ship."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from tests.servers import LOOPBACK
from tests.servers.debian import installed, library_path, unpack
from tests.servers.processes import (
    ServerProcess,
    ServerStartError,
    child_command,
    free_port,
    unprivileged_owner,
)

SHIPPED = Path(__file__).parents[2] / "deploy" / "nginx" / "nginx.conf"
HTTP2_ON = (1, 25, 1)
"""From this version on, HTTP/2 has a directive of its own."""

RELOAD_SECONDS = 30.0
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class Nginx(ServerProcess):
    """
    A master with its workers, unprivileged, on two ports of the loopback interface.

    ``changes`` are made to the shipped configuration, as an operator would make them:
    each text that is to be replaced has to be there.
    """

    name = "nginx"
    # Both end the workers, too; without a master they would stay.
    death_signal = signal.SIGTERM
    stop_signal = signal.SIGTERM

    def __init__(
        self,
        chain: bytes,
        key: bytes,
        changes: Mapping[str, str],
        shipped: Path = SHIPPED,
    ) -> None:
        super().__init__()
        self._shipped = shipped
        self.http_port = free_port()
        self.owner = unprivileged_owner()
        self._changes = dict(changes)
        for name in ("access.log", "error.log", "chain.pem", "key.pem"):
            self._file(name).touch(mode=0o600)
        self._file("chain.pem").write_bytes(chain)
        self._file("key.pem").write_bytes(key)
        for path in (self.directory, *self.directory.iterdir()):
            if self.owner:
                self.owner.give(path)
        self._binary, self._libraries = self._find()
        self.version = self._ask_version()

    @property
    def url(self) -> str:
        return f"https://{self.host}:{self.port}"

    @property
    def accesses(self) -> str:
        """The access log."""
        return self._file("access.log").read_text("utf-8")

    @property
    def errors(self) -> str:
        """The error log."""
        return self._file("error.log").read_text("utf-8")

    def command(self) -> Sequence[str | Path]:
        if not self._was_ready:
            self.http_port = free_port()
        self._file("nginx.conf").write_text(self.configuration(), "utf-8")
        return [*self._program(), "-g", "daemon off;"]

    def environment(self) -> Mapping[str, str]:
        return {"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": self._libraries}

    def is_ready(self) -> bool:
        """Tell whether the master has bound its ports and forked workers."""
        if not self._file("nginx.pid").exists():
            return False
        with socket.socket() as probe:
            return probe.connect_ex((self.host, self.port)) == 0

    def check(self) -> str:
        """Return what nginx says of the configuration; raises ServerStartError if bad."""
        self._file("nginx.conf").write_text(self.configuration(), "utf-8")
        done = self._run("-t")
        if done.returncode != 0:
            raise ServerStartError(done.stderr)
        return done.stderr

    def configuration(self) -> str:
        """Return the shipped one, with this machine's places."""
        text = self._shipped.read_text("utf-8")
        listen = f"listen {LOOPBACK}:{self.port} ssl"
        if self.version >= HTTP2_ON:
            http2 = {
                "listen 443 ssl http2;": f"{listen};",
                "# http2 on;": "http2 on;",
            }
        else:
            http2 = {"listen 443 ssl http2;": f"{listen} http2;"}
        temporary = "".join(f" {one}_temp_path {one};" for one in TEMPORARY)
        places = {
            **http2,
            "listen [::]:443 ssl http2;": "",
            "listen 80;": f"listen {LOOPBACK}:{self.http_port};",
            "listen [::]:80;": "",
            "user www-data;": "",
            "\nhttp {": f"\nhttp {{{temporary}",
            "/run/nginx.pid": str(self._file("nginx.pid")),
            "/var/log/nginx/access.log": str(self._file("access.log")),
            "/var/log/nginx/error.log": str(self._file("error.log")),
            "/etc/nginx/tls/fullchain.pem": str(self._file("chain.pem")),
            "/etc/nginx/tls/privkey.pem": str(self._file("key.pem")),
        }
        for old, new in (places | self._changes).items():
            if old not in text:
                raise ServerStartError(f"the shipped nginx.conf has no {old!r}")
            text = text.replace(old, new)
        return text

    def reload(self, changes: Mapping[str, str]) -> None:
        """Go by other changes, and return when nobody goes by the former any more."""
        self._changes = dict(changes)
        self.check()
        former = self._workers()
        self.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + RELOAD_SECONDS
        while former & self._workers():
            if time.monotonic() > deadline:
                raise ServerStartError(f"it does not reload:\n{self.errors}")
            time.sleep(0.02)

    def _workers(self) -> set[int]:
        master = self.process.pid
        children = Path(f"/proc/{master}/task/{master}/children").read_text("ascii")
        return set(map(int, children.split()))

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def start(self) -> Self:
        self._file("nginx.pid").unlink(missing_ok=True)
        return super().start()

    def _file(self, name: str) -> Path:
        return self.directory / name

    def _program(self) -> list[str | Path]:
        prefix = f"{self.directory}/"
        return [self._binary, "-p", prefix, "-c", "nginx.conf", "-e", "stderr"]

    def _find(self) -> tuple[Path, str]:
        """Return the binary, and where the libraries are that the system lacks."""
        if found := installed("nginx"):
            return found, ""
        # Not in the cache, which others may not be allowed to enter.
        root = self.directory / "root"
        root.mkdir()
        unpack("nginx", root)
        return root / "usr" / "sbin" / "nginx", library_path(root)

    def _ask_version(self) -> tuple[int, ...]:
        said = subprocess.run(
            [self._binary, "-v"],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        ).stderr
        if found := re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", said):
            return tuple(map(int, found.groups()))
        raise ServerStartError(f"nginx does not run: {said}")

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            child_command([*self._program(), *arguments], self.owner),
            cwd=self.directory,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
