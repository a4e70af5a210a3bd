"""Pages of lists that are sorted when they are asked for."""

from collections.abc import Sequence
from typing import Any, TypeVar

from core.model import Found, Place

T = TypeVar("T")


def page_of(
    placed: Sequence[tuple[Place, T]],
    *,
    after: Place | None,
    descending: bool,
    limit: int,
    count_to: int,
) -> Found[T]:
    ordered = sorted(placed, key=lambda it: _rank(it[0]), reverse=descending)
    if after is not None:
        begin = _rank(after)
        ordered = [
            it
            for it in ordered
            if (_rank(it[0]) < begin if descending else _rank(it[0]) > begin)
        ]
    return Found(ordered[:limit], min(len(placed), count_to))


def _rank(place: Place) -> tuple[Any, ...]:
    """Return what compares as the place does: nothing comes before all else."""
    missing = place.value is None
    return (not missing, 0 if missing else place.value, place.key)
