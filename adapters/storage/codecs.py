"""How a record becomes values, and values become a record again."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter
from typing import Any, TypeAlias, TypeVar

from adapters.storage.columns import Record, Stored

R = TypeVar("R")

Row: TypeAlias = Sequence[Any]
Change: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Codec:
    """How values of a type are stored and read; None: as they are."""

    encode: Change | None = None
    decode: Change | None = None
    cast: str = ""
    """What stands behind a parameter whose type a server would guess wrong."""


Codecs: TypeAlias = Mapping[type, Codec]
"""Of the types that a storage has no equal of."""

PLAIN = Codec()


def codec_of(column: Stored, codecs: Codecs) -> Codec:
    if issubclass(column.type, Enum):
        # Not every version knows all that another one has stored.
        return Codec(decode=getattr(column.type, "read", column.type))
    return codecs.get(column.type, PLAIN)


def decoder(record: Record[R], codecs: Codecs) -> Callable[[Row], R]:
    """Return what makes a record of a row, which has the values of ``record.read``."""
    changed = _changing(codec_of(it, codecs).decode for it in record.read)
    make = _maker(record)
    return lambda row: make(iter(changed(list(row))))


def _maker(record: Record[R]) -> Callable[[Iterator[Any]], R]:
    """
    Return what makes a record of the next values.

    Each request with a token does it. Fields are set one by one, which takes half of the
    time that ``__init__`` of a frozen class does, and skips nothing: see ``Record``.
    """
    made = record.made
    setters = [getattr(made, field).__set__ for field in record.fields]
    inner = [
        (getattr(made, field).__set__, _maker(it))
        for field, it in record.within.items()
    ]

    def make(values: Iterator[Any]) -> R:
        one = object.__new__(made)
        for put, value in zip(setters, values, strict=False):  # leaves the others'
            put(one, value)
        for put, make_inner in inner:
            put(one, make_inner(values))
        return one

    return make


def encoder(columns: Sequence[Stored], codecs: Codecs) -> Callable[[object], list[Any]]:
    """Return what makes the values of these columns of a record."""
    getters = [attrgetter(it.path) for it in columns]
    changed = _changing(codec_of(it, codecs).encode for it in columns)
    return lambda record: changed([get(record) for get in getters])


def _changing(changes: Iterable[Change | None]) -> Callable[[list[Any]], list[Any]]:
    """Return what changes values in their places, but for None, and returns them."""
    steps = [(place, change) for place, change in enumerate(changes) if change]

    def changed(values: list[Any]) -> list[Any]:
        for place, change in steps:
            if (value := values[place]) is not None:
                values[place] = change(value)
        return values

    return changed
