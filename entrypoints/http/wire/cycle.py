"""A request that came over the wire, and its answer."""

import asyncio
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import falcon
from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    RequestResponseCycle,
)

from entrypoints.http.asgi import Asgi
from entrypoints.http.wire.connections import ConnectionSlot
from entrypoints.http.wire.rules import WireRules
from entrypoints.http.wire.usual_headers import completed

NO_BODY_YET = {"type": "http.request", "body": b"", "more_body": True}


class Cycle(RequestResponseCycle):
    """
    uvicorn's, in fewer steps.

    The application has a request as soon as its head is here (Falcon waits for the body to
    begin), and an answer that is whole goes out in one piece.
    """

    def __init__(self, slot: ConnectionSlot, rules: WireRules, **uvicorns: Any) -> None:  # noqa: ANN401 - handed on
        super().__init__(**uvicorns)
        self._slot = slot
        self._rules = rules
        self._is_handed_over = False
        self._is_whole = False
        self._due: float | None = None
        self._head: Any = None
        slot.taken()

    async def run_asgi(self, app: Asgi) -> None:  # type: ignore[override]
        try:
            await super().run_asgi(app)  # type: ignore[arg-type]
        finally:
            self._slot.done()

    async def receive(self) -> Any:  # noqa: ANN401 - an event of ASGI
        """Return what is here of the body; raises HTTP 400, 408 if the rest won't come."""
        if not self._is_handed_over:
            self._is_handed_over = True
            if self.more_body or self.disconnected:
                return NO_BODY_YET
        is_here = self._is_whole or self.message_event.is_set()
        event = await (super().receive() if is_here else self._in_time())
        if event["type"] == "http.disconnect" and not self._is_whole:
            # The client is gone: what half a form says is not what it meant.
            raise falcon.HTTPBadRequest(description="The body is not complete")
        self._is_whole = not event.get("more_body", False)
        return event

    async def _in_time(self) -> Any:  # noqa: ANN401 - an event of ASGI
        """Return the next piece of a body that may take so long, and no longer, as a whole."""
        seconds = self._rules.read_seconds
        if self._due is None:
            self._due = asyncio.get_running_loop().time() + seconds
        try:
            async with asyncio.timeout_at(self._due):
                return await super().receive()
        except TimeoutError:
            raise falcon.HTTPError(
                falcon.HTTP_408,
                description=f"The body did not arrive within {seconds:g} seconds",
                headers={"Connection": "close"},
            ) from None

    async def send(self, message: Any) -> None:  # noqa: ANN401 - an event of ASGI
        """Send what is said, a head together with the first piece of the body."""
        if message["type"] == "http.response.start" and not self.response_started:
            fields = completed(message["headers"], self._rules.usual_headers)
            self._head = {**message, "headers": fields}
            return
        if self._head is not None and not self.response_started:
            if self._is_all(message):
                await self._send_whole(message["body"])
                return
            await super().send(self._head)
        await super().send(message)

    def _is_all(self, message: Mapping[str, Any]) -> bool:
        """Tell whether the body is here, just as the head says, and nothing is special."""
        body, told = message.get("body"), dict(self._head["headers"])
        return (
            body is not None
            and not message.get("more_body")
            and told.get(b"content-length") == b"%d" % len(body)
            and b"connection" not in told
            and self.scope["method"] != "HEAD"
        )

    async def _send_whole(self, body: bytes) -> None:
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        pieces = [STATUS_LINE[self._head["status"]]]
        pieces += map(_line, self.default_headers)
        pieces += map(_line, self._head["headers"])
        pieces += [b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n", body]
        self.response_started = self.response_complete = True
        self.transport.write(b"".join(pieces))
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()


@lru_cache(maxsize=512)
def _line(field: tuple[bytes, bytes]) -> bytes:
    """Return a field as it is sent, most of which are the same each time."""
    name, value = field
    if HEADER_RE.search(name) or HEADER_VALUE_RE.search(value):
        raise RuntimeError("A header that can't be sent")
    return b"%s: %s\r\n" % (name.lower(), value)
