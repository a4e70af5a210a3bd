"""Where in a message a connection is, and how much of it there may be."""

from dataclasses import dataclass, field
from http import HTTPStatus

from entrypoints.http.wire.incoming import Incoming
from entrypoints.http.wire.refusals import Refusal
from entrypoints.http.wire.rules import WireRules

CHUNK_OVERHEAD = 32
"""Bytes around each chunk that are no waste: its size, line ends, a short extension."""

LONGEST_PIECE = 65536


@dataclass(slots=True)
class Framing:
    """
    Counts a message as it comes.

    Refused are heads, and chunks' extensions and trailers, beyond the rules. Pieces end
    where a message may end, so that none reaches into the next one.
    """

    rules: WireRules
    in_body: bool = field(default=False, init=False)
    ended: bool = field(default=False, init=False)
    _piece_bytes: int = field(default=0, init=False)
    _head_bytes: int = field(default=0, init=False)
    _remaining: int | None = field(default=0, init=False)
    _waste: int = field(default=0, init=False)

    def next_piece(self, incoming: Incoming) -> bytes:
        """Return what to parse next; nothing if it is not here yet."""
        piece = self._cut(incoming)
        self._piece_bytes = len(piece)
        return piece

    def parsed(self, *, of_body: bool) -> None:
        """Count the piece, unless its message ended with it; raises Refusal."""
        if not self.in_body:
            self._head_bytes += self._piece_bytes
            if self._head_bytes >= self.rules.header_bytes:
                raise _too_large(f"at most {self.rules.header_bytes} bytes")
        elif of_body and self._remaining is None:
            self._waste += self._piece_bytes
            if self._waste > self.rules.header_bytes:
                raise Refusal("There is too much around the chunks of the body")

    def begins(self) -> None:
        self.ended = False

    def takes_target(self, size: int) -> None:
        """Count the target; raises Refusal."""
        if size > self.rules.request_line_bytes:
            raise Refusal(
                f"The target may have at most {self.rules.request_line_bytes} bytes",
                HTTPStatus.REQUEST_URI_TOO_LONG,
            )

    def takes_headers(self, count: int) -> None:
        """Count the headers; raises Refusal."""
        if count > self.rules.headers:
            raise _too_large(f"at most {self.rules.headers} of them")

    def body_begins(self, length: int | None) -> None:
        self.in_body = True
        self._remaining = length
        self._waste = 0

    def takes_chunk(self) -> None:
        self._waste -= CHUNK_OVERHEAD

    def takes_body(self, size: int) -> None:
        if self._remaining is None:
            self._waste -= size
        else:
            self._remaining -= size

    def ends(self) -> None:
        self.in_body = False
        self.ended = True
        self._head_bytes = -self._piece_bytes  # which is still to be counted

    def _cut(self, incoming: Incoming) -> bytes:
        if not self.in_body:
            most = self.rules.header_bytes - self._head_bytes
            return incoming.take_to_blank_line(most)
        if self._remaining is None:
            return incoming.take_to_blank_line(LONGEST_PIECE)
        return incoming.take(self._remaining)


def _too_large(what: str) -> Refusal:
    return Refusal(
        f"The headers are too large: there may be {what}",
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    )
