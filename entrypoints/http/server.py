"""uvicorn, set up for this service."""

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from adapters.metrics.prometheus import SHARED
from config.adapters import storage
from config.container import Container, container_of
from config.loading import load_settings, warnings
from config.logging import configure_logging
from config.settings import Settings
from core.errors import BadConfiguration, Unavailable
from core.ports import IdGenerator, Storage
from entrypoints.http.app import create
from entrypoints.http.around.traces import traced
from entrypoints.http.asgi import Asgi
from entrypoints.http.wire import sockets
from entrypoints.http.wire.connections import Connections
from entrypoints.http.wire.protocol import WireProtocol
from entrypoints.http.wire.rules import WireRules

log = logging.getLogger(__name__)

NO_PLACE = (
    "several workers count requests together in a directory for temporary files, and"
    " there is none; name one in TMPDIR, or set WORKERS=1"
)
FACTORY = "entrypoints.http.server:application"
ALLOCATED = 5_000
"""
Objects after which new ones are looked through for garbage.

A request leaves next to none: by Python's 700 that took a twentieth of its time.
"""


def application() -> Asgi:
    """Return the application of a worker, configured from the environment."""
    settings = load_settings()
    configure_logging(settings)
    return _application(container_of(settings))


def _application(container: Container) -> Asgi:
    app = traced(create(container), container.tracing())
    # What is here now stays: to look through all of it for garbage would let everybody
    # wait for tens of milliseconds, again and again.
    gc.freeze()
    gc.set_threshold(ALLOCATED)
    return app


def serve(settings: Settings) -> None:
    """
    Serve until told to stop; requests under way are finished first.

    Raises BadConfiguration and Unavailable for what keeps it from starting.
    """
    found = warnings(settings)
    configure_logging(settings)
    for warning in found:
        log.warning(warning)
    listeners = sockets.bound(settings.host, settings.port)
    asyncio.run(_try(storage(settings)))
    # uvicorn ends the process by the signal that it was stopped by; to have been
    # stopped is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with _place_for_figures(settings):
        _run(settings, listeners)


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


def _run(settings: Settings, listeners: list[socket.socket]) -> None:
    sockets.allow_files(settings.max_connections)
    sockets.listen(listeners)
    for each in listeners:
        log.info("Listening on %s (Ctrl+C ends it)", sockets.named(each))
    config = _config(settings)
    if settings.workers > 1:
        workers = Multiprocess(config, sockets=listeners)
        workers.run()
        failed = any(each.exitcode == STARTUP_FAILURE for each in workers.processes)
    else:
        server = uvicorn.Server(config)
        with suppress(KeyboardInterrupt):
            server.run(sockets=listeners)
        failed = not server.started
    if failed:
        raise BadConfiguration(["It did not start: the log says why"])


def _config(settings: Settings) -> uvicorn.Config:
    container = container_of(settings)
    # Only a worker, which is another process, has to read its settings anew.
    here = partial(_application, container)
    return uvicorn.Config(
        FACTORY if settings.workers > 1 else here,
        factory=True,
        workers=settings.workers,
        http=_protocol(settings, container.ids()),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=settings.shutdown_timeout_seconds,
    )


def _protocol(settings: Settings, ids: IdGenerator) -> Any:  # noqa: ANN401 - uvicorn calls whatever makes one
    connections = Connections(
        settings.max_connections,
        settings.max_connections_per_address,
        settings.trusted_proxies,
    )
    rules = WireRules.of(settings)
    return partial(WireProtocol, rules=rules, connections=connections, ids=ids)


async def _try(storage: Storage) -> None:
    """Open the storage once before any worker does: here it can fail in plain words."""
    try:
        with suppress(Unavailable):  # a server that is away is waited for
            await storage.open()
    finally:
        await storage.aclose()
