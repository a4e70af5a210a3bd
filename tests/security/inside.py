"""The whole application in this process, and the wire's headers, but not the wire."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from config.container import Container
from config.settings import Settings
from entrypoints.http.app import create
from entrypoints.http.wire.usual_headers import HEADERS, completed


class Inside(httpx.BaseTransport):
    """Takes a request to an ASGI application, and brings back what it answers."""

    def __init__(self, runner: asyncio.Runner, app: Any) -> None:  # noqa: ANN401 - ASGI
        self._runner = runner
        self._transport = httpx.ASGITransport(app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._runner.run(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = await self._transport.handle_async_request(request)
        content = await answer.aread()
        fields = [(name.lower(), value) for name, value in answer.headers.raw]
        return httpx.Response(
            answer.status_code, headers=completed(fields, HEADERS), content=content
        )


def in_memory(directory: Path, **settings: Any) -> Container:  # noqa: ANN401 - of any type
    """Return the wiring of the application on memory, unless these settings differ."""
    quick: dict[str, Any] = {
        "database_url": "memory://",
        "bcrypt_rounds": 4,
        "rate_limit_enabled": False,
    }
    return Container(settings=Settings(data_dir=directory, **quick | settings))


@contextmanager
def inside(directory: Path, **settings: Any) -> Iterator[httpx.Client]:  # noqa: ANN401 - of any type
    """Yield a client of the application on memory, unless these settings differ."""
    container = in_memory(directory, **settings)
    with asyncio.Runner() as runner:
        runner.run(container.readiness().prepare())
        transport = Inside(runner, create(container))
        with httpx.Client(transport=transport, base_url="http://inside") as client:
            yield client
        runner.run(container.hasher().aclose())
        runner.run(container.storage().aclose())
