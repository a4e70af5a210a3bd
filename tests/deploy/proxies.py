"""Caddy and Traefik, with the configurations that we ship, changed as an operator would."""

import os
import socket
import sys
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import ClassVar

import httpx

from tests.clients.pages import changed
from tests.deploy.front import NAME, PLACES
from tests.servers import LOOPBACK
from tests.servers.certificates import LocalAuthority
from tests.servers.processes import ServerProcess, free_port
from tests.servers.service import CHECKOUT
from tools.deploy import caddy


class ShippedProxy(ServerProcess):
    """In front of replicas at ports of this machine; ``templates`` is the folder it is in."""

    folder: ClassVar[str]

    def __init__(
        self,
        authority: LocalAuthority,
        replicas: Sequence[int],
        templates: Path = CHECKOUT / "deploy",
    ) -> None:
        super().__init__()
        self.http_port = free_port()
        self.authority = authority
        self.shipped = templates / self.folder
        at = dict(zip(PLACES, replicas, strict=True))
        self.places = {place: f"{LOOPBACK}:{port}" for place, port in at.items()}
        chain, key = authority.server_files(NAME)
        (self.directory / "fullchain.pem").write_bytes(chain)
        (self.directory / "privkey.pem").write_bytes(key)

    @property
    def url(self) -> str:
        return f"https://{NAME}:{self.port}"

    @abstractmethod
    def write(self) -> None:
        """Write its files for this machine."""

    def environment(self) -> Mapping[str, str]:
        home = str(self.directory)
        return {"PATH": os.environ["PATH"], "HOME": home, "XDG_DATA_HOME": home}

    def client(self, source: str = LOOPBACK) -> httpx.Client:
        """Return a client that finds the name here, and comes from an address of ours."""
        transport = _Here(self, source)
        return httpx.Client(transport=transport, base_url=self.url, timeout=30)

    def is_ready(self) -> bool:
        with socket.socket() as probe:
            if probe.connect_ex((self.host, self.port)) != 0:
                return False
        with self.client() as client:
            try:
                status = client.get("/.well-known/jwks.json").status_code
            except httpx.TransportError:
                return False
        return status != HTTPStatus.NOT_FOUND  # it has its routes


class _Here(httpx.HTTPTransport):
    """Connects to the proxy under the name that its certificate has."""

    def __init__(self, proxy: ShippedProxy, source: str) -> None:
        context = proxy.authority.client_context()
        super().__init__(verify=context, local_address=source)
        self._host = proxy.host

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["sni_hostname"] = request.url.host
        request.url = request.url.copy_with(host=self._host)
        return super().handle_request(request)


class ShippedCaddy(ShippedProxy):
    name = "caddy"
    folder = "caddy"

    def write(self) -> None:
        ports = f"\thttp_port {self.http_port}\n\thttps_port {self.port}\n"
        tls = f"\ttls {self.directory}/fullchain.pem {self.directory}/privkey.pem\n"
        places = {
            "\tadmin off\n": f"\tadmin off\n\tdefault_bind {self.host}\n{ports}",
            "example.com { # CHANGE\n": f"example.com {{\n{tls}",
            **self.places,
        }
        text = (self.shipped / "Caddyfile").read_text("utf-8")
        (self.directory / "Caddyfile").write_text(changed(text, places), "utf-8")

    def command(self) -> Sequence[str | Path]:
        self.write()
        return [caddy.program(), "run", "--config", "Caddyfile"]


class ShippedTraefik(ShippedProxy):
    name = "traefik"
    folder = "traefik"

    def write(self) -> None:
        static = {
            '":80"': f'"{self.host}:{self.http_port}"',
            '":443"': f'"{self.host}:{self.port}"',
            "/etc/traefik/scribes.yaml": "scribes.yaml",
        }
        own = {"/etc/traefik/": f"{self.directory}/", **self.places}
        for file, places in (("traefik.yaml", static), ("scribes.yaml", own)):
            text = (self.shipped / file).read_text("utf-8")
            (self.directory / file).write_text(changed(text, places), "utf-8")

    def command(self) -> Sequence[str | Path]:
        self.write()
        return [Path(sys.executable).with_name("traefik"), "--configFile=traefik.yaml"]
