"""uvicorn, set up for this service."""

import asyncio
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from config.container import Container
from config.loading import load_settings
from config.logging import configure_logging
from config.settings import Settings
from entrypoints.http.app import create

FACTORY = "entrypoints.http.server:application"


class PatientProtocol(HttpToolsProtocol):
    """Closes a connection whose request line and headers don't arrive in time."""

    header_timeout = 10.0
    _header_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_headers()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await_headers()

    def on_headers_complete(self) -> None:
        self._forget_headers()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_headers()
        super().connection_lost(exc)

    def _await_headers(self) -> None:
        self._forget_headers()
        self._header_timer = self.loop.call_later(
            self.header_timeout, self.transport.close
        )

    def _forget_headers(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None


def application() -> Any:  # noqa: ANN401 - what uvicorn calls in each worker process
    """Return the application, configured from the environment."""
    settings = load_settings()
    configure_logging(settings)
    return create(Container(settings=settings))


def serve(settings: Settings) -> None:
    """Serve until told to stop; requests under way are finished first."""
    PatientProtocol.header_timeout = settings.read_timeout_seconds
    uvicorn.run(
        FACTORY,
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        http=PatientProtocol,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=65,
        timeout_graceful_shutdown=settings.shutdown_timeout_seconds,
    )
