"""The clocks of replicas, which are stepped, and what they may have shown."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple


class Span(NamedTuple):
    """A clock's time was between these, in seconds since 1970."""

    earliest: float
    latest: float


@dataclass
class SteppedClock:
    """
    Follows ``now`` at an offset; a replica may keep to the one before for ``lag`` seconds.

    ``set_offset`` hands a new offset to the replica.
    """

    now: Callable[[], float]
    set_offset: Callable[[float], object] = float
    lag: float = 0.0
    _steps: list[tuple[float, float]] = field(
        default_factory=lambda: [(-math.inf, 0.0)]
    )
    """When each offset came into force, and the offset."""

    @property
    def offset(self) -> float:
        """The one in force."""
        return self._steps[-1][1]

    def step(self, offset: float) -> None:
        """Go on at another offset, in seconds."""
        self._steps.append((self.now(), offset))
        self.set_offset(offset)

    def span(self, begun: float, ended: float) -> Span:
        """Return what it may have shown between two moments of ``now``."""
        begins = [when for when, _ in self._steps]
        ends = [*(when + self.lag for when in begins[1:]), math.inf]
        offsets = [
            offset
            for (begin, offset), end in zip(self._steps, ends, strict=True)
            if begin <= ended and begun <= end
        ]
        return Span(begun + min(offsets), ended + max(offsets))
