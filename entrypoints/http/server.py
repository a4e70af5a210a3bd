"""uvicorn, set up for this service."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from adapters.metrics.prometheus import SHARED
from config.container import Container
from config.loading import load_settings
from config.logging import configure_logging
from config.settings import Settings
from core.errors import BadConfiguration, Unavailable
from core.ports import Storage
from entrypoints.http.app import create

Receive: TypeAlias = Callable[[], Awaitable[Mapping[str, Any]]]
Send: TypeAlias = Callable[[dict[str, Any]], Awaitable[None]]
Asgi: TypeAlias = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

NO_PLACE = (
    "several workers count requests together in a directory for temporary files, and"
    " there is none; name one in TMPDIR, or set WORKERS=1"
)
FACTORY = "entrypoints.http.server:application"


class PatientProtocol(HttpToolsProtocol):
    """Closes a connection whose request line and headers don't arrive in time."""

    header_timeout = 10.0
    _header_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_headers()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        between = self.cycle is None or self.cycle.response_complete
        if between and self._header_timer is None:
            # The rest of a body that nobody reads: it stopped the keep-alive timer.
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


def prompt(app: Asgi) -> Asgi:
    """Hand requests over when their headers are here; Falcon waits for a body to begin."""

    async def handle(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        await app(scope, _at_once(receive) if "method" in scope else receive, send)

    return handle


def _at_once(receive: Receive) -> Receive:
    beginning = iter([{"type": "http.request", "body": b"", "more_body": True}])

    async def receive_next() -> Mapping[str, Any]:
        return next(beginning, None) or await receive()

    return receive_next


def application() -> Asgi:
    """Return the application, configured from the environment."""
    settings = load_settings()
    configure_logging(settings)
    PatientProtocol.header_timeout = settings.read_timeout_seconds
    return prompt(create(Container(settings=settings)))


def serve(settings: Settings) -> None:
    """
    Serve until told to stop; requests under way are finished first.

    Raises BadConfiguration and Unavailable for what keeps it from starting.
    """
    configure_logging(settings)
    asyncio.run(_try(Container(settings=settings).storage()))
    # uvicorn ends the process by the signal that it was stopped by; to have been
    # stopped is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with _place_for_figures(settings):
        _run(settings)


@contextmanager
def _place_for_figures(settings: Settings) -> Iterator[None]:
    """Give the workers, if there are several, a directory in which they count together."""
    if settings.workers == 1:
        given = os.environ.get(SHARED)
        if given and not os.access(given, os.W_OK | os.X_OK):
            raise BadConfiguration([f"{SHARED}: can't write to {given}; unset it"])
        yield
        return
    try:
        place = TemporaryDirectory(prefix="scribes-auth-")
    except OSError as error:
        raise BadConfiguration([f"WORKERS: {NO_PLACE} ({error.strerror})"]) from None
    with place as directory:
        os.environ[SHARED] = directory
        yield


def _run(settings: Settings) -> None:
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


async def _try(storage: Storage) -> None:
    """Open the storage once before any worker does: here it can fail in plain words."""
    try:
        with suppress(Unavailable):  # a server that is away is waited for
            await storage.open()
    finally:
        await storage.aclose()
