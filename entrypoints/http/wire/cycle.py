"""A request that came over the wire, and its answer."""

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

NO_BODY_YET = {"type": "http.request", "body": b"", "more_body": True}


class Cycle(RequestResponseCycle):
    """
    uvicorn's, in fewer steps.

    The application has a request as soon as its head is here (Falcon waits for the body to
    begin), and an answer that is whole goes out in one piece.
    """

    def __init__(self, slot: ConnectionSlot, **uvicorns: Any) -> None:  # noqa: ANN401 - handed on
        super().__init__(**uvicorns)
        self._slot = slot
        self._is_handed_over = False
        self._is_whole = False
        self._head: Any = None
        slot.taken()

    async def run_asgi(self, app: Asgi) -> None:  # type: ignore[override]
        try:
            await super().run_asgi(app)  # type: ignore[arg-type]
        finally:
            self._slot.done()

    async def receive(self) -> Any:  # noqa: ANN401 - an event of ASGI
        """Return what is here of the body; raises HTTP 400 if the rest won't come."""
        if not self._is_handed_over and self.more_body:
            self._is_handed_over = True
            return NO_BODY_YET
        self._is_handed_over = True
        event = await super().receive()
        if event["type"] == "http.disconnect" and not self._is_whole:
            # The client is gone: what half a form says is not what it meant.
            raise falcon.HTTPBadRequest(description="The body is not complete")
        self._is_whole = not event.get("more_body", False)
        return event

    async def send(self, message: Any) -> None:  # noqa: ANN401 - an event of ASGI
        """Send what is said, the head together with the first piece of the body."""
        head, self._head = self._head, None
        if head is None:
            if message["type"] == "http.response.start" and not self.response_started:
                self._head = message
                return
        elif await self._sent_whole(head, message):
            return
        else:
            await super().send(head)
        await super().send(message)

    async def _sent_whole(
        self, head: Mapping[str, Any], message: Mapping[str, Any]
    ) -> bool:
        """Send an answer, if this is all of it, and its head tells how long it is."""
        fields, body = head["headers"], message.get("body", b"")
        told = dict(fields)
        if (
            message.get("more_body")
            or told.get(b"content-length") != b"%d" % len(body)
            or b"connection" in told
            or self.scope["method"] == "HEAD"
        ):
            return False
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return True
        lines = [STATUS_LINE[head["status"]]]
        lines += map(_line, self.default_headers)
        lines += map(_line, fields)
        lines.append(b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n")
        self.response_started = self.response_complete = True
        self.transport.write(b"".join([*lines, body]))
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
        return True


@lru_cache(maxsize=512)
def _line(field: tuple[bytes, bytes]) -> bytes:
    """Return a field as it is sent, most of which are the same each time."""
    name, value = field
    if HEADER_RE.search(name) or HEADER_VALUE_RE.search(value):
        raise RuntimeError("A header that can't be sent")
    return b"%s: %s\r\n" % (name.lower(), value)
