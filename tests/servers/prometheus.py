"""The real Prometheus, which scrapes what it is told to and answers queries."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from tests.servers.processes import ServerProcess
from tests.servers.service import NO_TLS
from tools.deploy.prometheus import program


class Prometheus(ServerProcess):
    """Goes by a configuration, with the rules that lie beside it."""

    name = "prometheus"

    def __init__(self, configuration: Path) -> None:
        super().__init__()
        self._configuration = configuration

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def command(self) -> Sequence[str | Path]:
        return [
            program("prometheus"),
            f"--config.file={self._configuration}",
            f"--storage.tsdb.path={self.directory / 'data'}",
            f"--web.listen-address={self.host}:{self.port}",
        ]

    def is_ready(self) -> bool:
        try:
            return self._get("/-/ready").is_success
        except httpx.TransportError:
            return False

    def ask(self, query: str) -> list[dict[str, Any]]:
        """Return the result of a query; raises HTTPStatusError unless it succeeds."""
        answer = self._get("/api/v1/query", query=query).raise_for_status().json()
        result: list[dict[str, Any]] = answer["data"]["result"]
        return result

    @property
    def firing(self) -> set[str]:
        """The alerts that fire now, or are about to."""
        alerts = self._get("/api/v1/alerts").raise_for_status().json()["data"]["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts}

    def _get(self, path: str, **parameters: str) -> httpx.Response:
        return httpx.get(self.url + path, params=parameters, verify=NO_TLS)
