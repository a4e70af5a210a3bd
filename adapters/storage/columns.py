"""
What a record consists of where it is stored.

A description names the columns; of what type they are, and whether they may be empty, is
read from the fields of the class. How such values stand in a row, each storage says.
"""

from dataclasses import dataclass, fields, replace
from types import NoneType, UnionType
from typing import (
    Any,
    Generic,
    TypeAlias,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

R = TypeVar("R")

Default: TypeAlias = int | tuple[()] | None


@dataclass(frozen=True, slots=True)
class Column:
    """
    A column, and the attribute that stands in it, if that is called otherwise.

    What is ``derived`` is a property: it is written, to be searched for, and never read.
    ``default`` is what a record has that was stored before there was the column: as the
    migration says, and here for storages that have no columns.
    """

    name: str
    of: str = ""
    derived: bool = False
    default: Default = None

    @property
    def attribute(self) -> str:
        return self.of or self.name


@dataclass(frozen=True, slots=True)
class Stored:
    """A column of a record, or of one within it: where it is, and what stands in it."""

    table: str
    name: str
    path: str
    type: type
    nullable: bool
    derived: bool
    default: Default


class Record(Generic[R]):
    """
    How records of a class are stored: in which table, and in which columns.

    A plain text is a column with the name of its field. Attributes that are records
    themselves are ``within``: in a row their columns stand behind the others. Raises
    TypeError unless each field has its place, and nothing but fields is set when a
    record is made: what is written and what is read can't drift apart.
    """

    def __init__(
        self,
        table: str,
        made: type[R],
        *columns: str | Column,
        **within: "Record[Any]",
    ) -> None:
        own = [Column(it) if isinstance(it, str) else it for it in columns]
        self.table, self.made, self.within = table, made, within
        self.fields = [it.attribute for it in own if not it.derived]
        _check(made, {*self.fields, *within})
        self.stored: list[Stored] = [_stored(table, made, it) for it in own]
        for field, record in within.items():
            self.stored += [
                replace(it, path=f"{field}.{it.path}") for it in record.stored
            ]

    @property
    def read(self) -> list[Stored]:
        """The columns of a row that a record is made from, in their order."""
        return [column for column in self.stored if not column.derived]

    @property
    def written(self) -> list[Stored]:
        """Every column once: records within this one may have one in common."""
        columns: dict[str, Stored] = {}
        for column in self.stored:
            columns.setdefault(column.name, column)
        return list(columns.values())


def _check(made: type, described: set[str]) -> None:
    known = {field.name for field in fields(made)}
    if odd := known ^ described:
        raise TypeError(f"{made.__name__}: no field, or no column: {sorted(odd)}")
    if hasattr(made, "__post_init__") or not hasattr(made, "__slots__"):
        raise TypeError(
            f"{made.__name__}: only a class with slots, and no more, is read"
        )


def _stored(table: str, made: type, column: Column) -> Stored:
    kind, nullable = _type_of(made, column.attribute)
    return Stored(
        table,
        column.name,
        column.attribute,
        kind,
        nullable,
        column.derived,
        column.default,
    )


def _type_of(made: type, attribute: str) -> tuple[type, bool]:
    """Return the plain type of an attribute, and whether it may be None."""
    of_class = getattr(made, attribute)
    if isinstance(of_class, property):
        hint = get_type_hints(of_class.fget)["return"]
    else:
        hint = get_type_hints(made)[attribute]
    options = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    (kind,) = (get_origin(it) or it for it in options if it is not NoneType)
    return kind, NoneType in options
