"""Lists in pages, and the cursors that lead from one to the next."""

import base64
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from core import errors
from core.model import Found, Place
from core.ports.administration import Page

T = TypeVar("T")
K = TypeVar("K")

COUNTED = 10_000
"""How far a list is counted: beyond it, it has at least so many."""

LONGEST_CURSOR = 2000
LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Listing:
    """
    A list that can be gone through in pages: ``facts`` is all that makes it another list.

    ``value`` and ``key`` are the types of what its places have; ``or_none`` is whether the
    value may be missing. A cursor is opaque, and holds no secret: whoever makes one up
    begins somewhere else in the same list.
    """

    facts: tuple[object, ...]
    value: type[int | str | datetime]
    key: type[int | str] = int
    or_none: bool = False

    def cursor(self, place: Place) -> str:
        """Return what leads on from behind a place."""
        value = place.value
        if isinstance(value, datetime):
            value = value.astimezone(UTC).isoformat(timespec="milliseconds")
        text = json.dumps([self._digest, value, place.key])
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def place(self, cursor: str) -> Place:
        """Return where a cursor leads on from; raises InvalidCursor."""
        try:
            return self._read(cursor)
        except (ValueError, TypeError, OverflowError, RecursionError):
            raise errors.InvalidCursor from None

    @property
    def _digest(self) -> str:
        return hashlib.sha256(repr(self.facts).encode()).hexdigest()[:16]

    def _read(self, cursor: str) -> Place:
        if len(cursor) > LONGEST_CURSOR:
            raise ValueError
        padded = cursor + "=" * (-len(cursor) % 4)
        content = base64.b64decode(padded.encode("ascii"), b"-_", validate=True)
        digest, value, key = json.loads(content)
        if digest != self._digest:
            raise ValueError
        if self.value is datetime and value is not None:
            value = _moment(value)
        is_missing = value is None and self.or_none
        checked = None if is_missing else _checked(value, self.value)
        return Place(checked, _checked(key, self.key))


def _moment(text: object) -> datetime:
    moment = datetime.fromisoformat(str(text))
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)


def _checked(value: object, kind: type[K]) -> K:
    """Return a value that any storage can compare with; raises ValueError, TypeError."""
    if type(value) is not kind:
        raise TypeError
    text, number = str(value), value if isinstance(value, int) else 0
    if not (text and text.isprintable()) or abs(number) > LARGEST:
        raise ValueError
    return value


async def paged(
    ask: Callable[[Place | None, int, int], Awaitable[Found[T]]],
    listing: Listing,
    *,
    cursor: str | None,
    limit: int,
) -> Page[T]:
    """
    Return a page of a list.

    ``ask`` returns what is behind a place, up to a limit, and counts no further than that.
    """
    after = listing.place(cursor) if cursor is not None else None
    found = await ask(after, limit + 1, COUNTED + 1)
    items, is_last = found.items[:limit], len(found.items) <= limit
    return Page(
        items=[record for _, record in items],
        next_cursor=None if is_last else listing.cursor(items[-1][0]),
        total=min(found.total, COUNTED),
        total_is_at_least=found.total > COUNTED,
    )
