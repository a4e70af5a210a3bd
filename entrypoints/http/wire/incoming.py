"""What came over a connection and was not parsed yet, handed out in pieces."""

from dataclasses import dataclass

BLANK_LINE = b"\r\n\r\n"
"""Ends every head and every chunked body, and stands nowhere else in a head."""


@dataclass(slots=True)
class Incoming:
    """Bytes in the order in which they came."""

    _content: bytes = b""
    _at: int = 0

    def __bool__(self) -> bool:
        """Tell whether there is anything."""
        return self._at < len(self._content)

    def add(self, content: bytes) -> None:
        self._content = self._content[self._at :] + content
        self._at = 0

    def clear(self) -> None:
        self._content, self._at = b"", 0

    def take(self, most: int) -> bytes:
        """Return so many bytes, or what there is."""
        return self._cut(min(self._at + most, len(self._content)))

    def take_to_blank_line(self, most: int) -> bytes:
        """
        Return what there is up to and with the next blank line, but no more than so much.

        The beginning of a blank line waits here for its other half.
        """
        limit = self._at + most
        found = self._content.find(BLANK_LINE, self._at, limit)
        if found >= 0:
            return self._cut(found + len(BLANK_LINE))
        if limit < len(self._content):
            return self._cut(limit)
        return self._cut(len(self._content) - self._begun())

    def _begun(self) -> int:
        sizes = range(min(len(BLANK_LINE) - 1, len(self._content) - self._at), 0, -1)
        return next((n for n in sizes if self._content.endswith(BLANK_LINE[:n])), 0)

    def _cut(self, end: int) -> bytes:
        piece = self._content[self._at : end]
        self._at = end
        return piece
