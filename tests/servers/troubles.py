"""What a cloud's stand-in answers instead of the truth."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum


class Trouble(Enum):
    """Each cloud has its own words for it."""

    DENIED = "denied"
    UNKNOWN_CALLER = "unknown caller"
    THROTTLED = "throttled"
    FAILING = "failing"
    """An error inside the server, a 500."""
    GARBLED = "garbled"
    """An answer that is not what was sent."""

    def __str__(self) -> str:
        """For the names of tests."""
        return self.value


FOREVER = 1_000_000


@dataclass(eq=False)
class Troubles:
    """The troubles to come; requests may come from many threads."""

    delay: float = 0.0
    """Seconds to wait before every answer."""
    answers: int = 0
    """How many were given."""
    after_listing: Callable[[], object] = bool
    """Called when versions were listed, before anybody can read one of them."""
    _kind: Trouble | None = None
    _left: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, kind: Trouble, times: int = FOREVER) -> None:
        """Have so many answers be like this."""
        with self._lock:
            self._kind, self._left = kind, times

    def heal(self) -> None:
        """Tell the truth again, at once."""
        with self._lock:
            self._left, self.delay = 0, 0.0

    def next(self, *, has_value: bool = True) -> Trouble | None:
        """Wait, and return what is wrong now; only an answer with a value is garbled."""
        time.sleep(self.delay)
        with self._lock:
            self.answers += 1
            if not self._left or (self._kind is Trouble.GARBLED and not has_value):
                return None
            self._left -= 1
            return self._kind
