"""uvicorn's HTTP/1.1, within bounds and one request at a time."""

import asyncio
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from core.ports import IdGenerator
from entrypoints.http.wire import heads, sockets
from entrypoints.http.wire.connections import Connections, ConnectionSlot
from entrypoints.http.wire.cycle import Cycle
from entrypoints.http.wire.flow import Deadline, Flow
from entrypoints.http.wire.framing import Framing
from entrypoints.http.wire.incoming import Incoming
from entrypoints.http.wire.refusals import Refusal, TooManyConnections, answer_to
from entrypoints.http.wire.rules import WireRules

BURST = 200
"""Pieces that one connection may have parsed before all others have their turn."""

LINGER_SECONDS = 2.0
"""How long what a refused client still sends is read, so that it sees the answer."""

FAREWELL_SECONDS = 0.5
"""How long a stop waits for a request that may be on its way over an idle connection."""


class WireProtocol(HttpToolsProtocol):
    """
    One connection.

    A request is answered before the next is looked at, so that nothing piles up. An offer
    to upgrade is ignored (RFC 9110, section 7.8), and trailers are (section 6.5.1).
    """

    flow: Flow

    def __init__(
        self,
        *,
        rules: WireRules,
        connections: Connections,
        ids: IdGenerator,
        **uvicorns: Any,  # noqa: ANN401 - handed on
    ) -> None:
        super().__init__(**uvicorns)
        self._rules = rules
        self._others = connections
        self._ids = ids
        self._incoming = Incoming()
        self._framing = Framing(rules)
        self._body_length: int | None = 0
        self._ended = False
        self._stops = False
        self._slot = ConnectionSlot(connections, self)

    # --- What the transport tells

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = Flow(transport, self._go_on_soon)
        self._headers_due = Deadline(self.loop, transport.close)
        self._idle = Deadline(self.loop, self.timeout_keep_alive_handler)
        self._end = Deadline(self.loop, transport.abort)
        self._farewell = Deadline(self.loop, super().shutdown)
        if self.client is None and sockets.is_of_network(transport):
            # It was reset before it was accepted, and so it has no address any more.
            self._ended = True
            transport.abort()
            return
        try:
            self._others.open(self, self.client[0] if self.client else None)
        except TooManyConnections as refusal:
            self._refuse(refusal)
            transport.close()
            return
        self._await_headers()

    def data_received(self, data: bytes) -> None:
        if self._ended:
            return
        self._incoming.add(data)
        self._go_on()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._end.set(self._rules.read_seconds)

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self._ended:
            self._end.call_off()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = True
        self._slot.lost()
        for deadline in (self._headers_due, self._idle, self._end, self._farewell):
            deadline.drop()
        self._incoming.clear()
        super().connection_lost(exc)

    def hang_up(self) -> None:
        """Make room for another connection."""
        self.transport.close()

    def shutdown(self) -> None:
        """Answer what is under way, and what was sent before its sender could know."""
        self._stops = True
        if self._ended or self._is_answering():
            super().shutdown()
        else:
            self._farewell.set(FAREWELL_SECONDS)

    # --- What the parser tells

    def on_message_begin(self) -> None:
        self.url = b""
        self.headers = []
        self._framing.begins()
        self._headers_due.call_off()  # of this head, if it is not whole, it is set anew

    def on_url(self, url: bytes) -> None:
        self.url += url
        self._framing.takes_target(len(self.url))

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._framing.in_body:
            return  # a trailer is no header, whatever it is called
        self.headers.append((name.lower(), value))
        self._framing.takes_headers(len(self.headers))

    def on_headers_complete(self) -> None:
        version = self.parser.get_http_version()
        method = self.parser.get_method().decode()
        self._check_head(method, version)
        if self.parser.should_upgrade():
            return  # the head comes again, without the offer
        self._headers_due.call_off()
        self._framing.body_begins(self._body_length)
        self.scope = self._scope(method, version)
        self.cycle = Cycle(
            self._slot,
            self._rules,
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=heads.expects_more(self.headers),
            keep_alive=self.parser.should_keep_alive()
            and version != "1.0"
            and not self._stops,
            on_response=self.on_response_complete,
        )
        self._start_asgi_task(self.cycle, self.app)

    def on_body(self, body: bytes) -> None:
        self._framing.takes_body(len(body))
        super().on_body(body)

    def on_chunk_header(self) -> None:
        self._framing.takes_chunk()

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self._framing.ends()
        super().on_message_complete()
        if self.cycle.response_complete:
            self._rest()

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            self._end.set(self._rules.read_seconds)
            return
        self.flow.resume_reading()
        if self._framing.ended:
            self._rest()
        else:
            self._await_headers()  # the rest of a body that nobody reads

    def _scope(self, method: str, version: str) -> Any:  # noqa: ANN401 - uvicorn's
        path, _, query = self.url.partition(b"?")
        return {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": version,
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "root_path": self.root_path,
            "headers": self.headers,
            "state": self.app_state.copy(),
            "method": method,
            "path": unquote(path.decode("ascii")),
            "raw_path": path,
            "query_string": query,
        }

    # --- One piece after the other

    def _go_on_soon(self) -> None:
        self.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        if self._ended or self.transport.is_closing():
            return
        try:
            for _ in range(BURST):
                if self._is_busy():
                    if self._incoming:
                        self.flow.pause_reading()
                    return
                if not self._take_piece():
                    self._read_on()
                    return
        except Refusal as refusal:
            self._refuse(refusal)
            return
        self.flow.pause_reading()
        self._go_on_soon()

    def _take_piece(self) -> bool:
        piece = self._framing.next_piece(self._incoming)
        if not piece:
            return False
        self._works()
        was_in_body = self._framing.in_body
        self._parse(piece)
        self._framing.parsed(of_body=was_in_body)
        return True

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _is_busy(self) -> bool:
        if not self._is_answering():
            return False
        return self._framing.ended or len(self.cycle.body) > HIGH_WATER_LIMIT

    def _read_on(self) -> None:
        self.flow.read()
        if not (self._idle.is_set or self._headers_due.is_set or self._is_answering()):
            self._await_headers()

    def _parse(self, piece: bytes) -> None:
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            self._parse_without_offer()
        except httptools.HttpParserCallbackError as error:
            raise error.__context__ or error from None
        except httptools.HttpParserError as error:
            raise Refusal(f"This is not HTTP/1.1: {error}") from None

    def _parse_without_offer(self) -> None:
        version = self.parser.get_http_version()
        method = self.parser.get_method().decode()
        headers = heads.without(b"upgrade", self.headers)
        self.parser = httptools.HttpRequestParser(self)
        self._parse(heads.written(method, self.url, version, headers))

    def _check_head(self, method: str, version: str) -> None:
        self._body_length = heads.body_length(method, version, self.headers)
        self.url = heads.origin_form(self.url)

    # --- Ends

    def _rest(self) -> None:
        """Wait for another request."""
        self._headers_due.call_off()
        self._idle.set(self.timeout_keep_alive)
        self._others.rests(self)

    def _works(self) -> None:
        self._idle.call_off()
        self._others.works(self)

    def _await_headers(self) -> None:
        self._headers_due.set(self._rules.read_seconds)

    def _refuse(self, refusal: Refusal) -> None:
        """Answer if nothing was answered yet, and end."""
        self._ended = True
        self._headers_due.call_off()
        self._works()
        self._incoming.clear()
        answer = answer_to(
            refusal,
            self.client[0] if self.client else None,
            [*self.server_state.default_headers, *self._rules.usual_headers],
            request_id=self._ids.new_id(),
        )
        if self._is_answering():
            # What is wrong is the body of the request that is being served.
            begun = self.cycle.response_started
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if begun:
                self.transport.abort()
                return
        self.transport.write(answer)
        self._linger()

    def _linger(self) -> None:
        self.flow.read()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._end.set(LINGER_SECONDS)
