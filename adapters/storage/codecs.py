"""How a record becomes values, and values become a record again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
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
        return Codec(decode=column.type)
    return codecs.get(column.type, PLAIN)


def decoder(record: Record[R], codecs: Codecs) -> Callable[[Row], R]:
    """Return what makes a record of a row, which has the values of ``record.read``."""
    changes = [
        (place, change)
        for place, column in enumerate(record.read)
        if (change := codec_of(column, codecs).decode)
    ]
    make = _maker(record)

    def decode(row: Row) -> R:
        values = list(row)
        for place, change in changes:
            if (value := values[place]) is not None:
                values[place] = change(value)
        return make(iter(values))

    return decode


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
    getters = [attrgetter(column.path) for column in columns]
    changes = [codec_of(column, codecs).encode for column in columns]

    def encode(record: object) -> list[Any]:
        values = [get(record) for get in getters]
        return [
            value if change is None or value is None else change(value)
            for value, change in zip(values, changes, strict=True)
        ]

    return encode
