"""How records stand in the rows of an SQL database, and what statements say of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from adapters.storage.codecs import Codecs, Row, codec_of, decoder, encoder
from adapters.storage.columns import Record
from adapters.storage.records import Kept
from adapters.storage.statements import Sql, compose, listed, name

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs between databases; ``mark`` is a parameter with its ``$name``."""

    mark: str
    codecs: Codecs

    def parameter(self, called: str, cast: str = "") -> Sql:
        return compose(self.mark + cast, name=name(called))


class Rows(Generic[R]):
    """
    Records of a class in their table.

    ``columns`` is what a statement selects or returns for ``to_record``, ``written`` what
    it inserts into, where ``values`` are its parameters. ``without`` is a column that the
    database fills.
    """

    def __init__(
        self, record: Record[R], dialect: Dialect, *, without: str = ""
    ) -> None:
        written = [it for it in record.written if it.name != without]
        self._encode = encoder(written, dialect.codecs)
        self._parameters = {
            name(it.name): dialect.parameter(it.name, codec_of(it, dialect.codecs).cast)
            for it in written
        }
        self.to_record: Callable[[Row], R] = decoder(record, dialect.codecs)
        self.columns = listed(name(f"{it.table}.{it.name}") for it in record.read)
        self.written = listed(self._parameters)
        self.table = name(record.table)
        self.insert = compose(
            "INSERT INTO $table ($written) VALUES ($parameters)",
            table=self.table,
            written=self.written,
            parameters=self.parameters(),
        )

    def values(self, record: R) -> dict[str, Any]:
        return dict(zip(self._parameters, self._encode(record), strict=True))

    def parameters(self, **instead: Sql) -> Sql:
        """Return the parameters for ``written``, or what is to stand there instead."""
        return listed((self._parameters | instead).values())

    def of(self, table: str, **instead: Sql) -> Sql:
        """Return ``written`` as columns of something else that has them all."""
        there = {column: name(f"{table}.{column}") for column in self._parameters}
        return listed((there | instead).values())

    def changes(self, columns: Iterable[str], *, of: str = "") -> Sql:
        """Return what an update sets: parameters, or the columns ``of`` something else."""
        given = {
            name(column): name(f"{of}.{column}")
            if of
            else self._parameters[name(column)]
            for column in columns
        }
        return listed(map(_setting, given, given.values()))

    def replacing(self, unique: str) -> Sql:
        """Return what follows an insert that replaces the row with the same ``unique``."""
        new = [name(f"excluded.{column}") for column in self._parameters]
        return compose(
            "ON CONFLICT ($unique) DO UPDATE SET $changes",
            unique=listed(map(name, unique.split(", "))),
            changes=listed(map(_setting, self._parameters, new)),
        )


def _setting(column: Sql, value: Sql) -> Sql:
    return compose("$column = $value", column=column, value=value)


class Pages:
    """All records of a kind, page by page; the parameters are ``after`` and ``limit``."""

    def __init__(self, kept: Kept, dialect: Dialect) -> None:
        self.rows: Rows[Any] = Rows(kept.record, dialect)
        self.begin = kept.begin
        self.count = compose("SELECT count(*) FROM $table", table=self.rows.table)
        self.read = compose(
            "SELECT $order, $columns FROM $table WHERE $order > $after"
            " ORDER BY $order LIMIT $limit",
            order=name(kept.order),
            columns=self.rows.columns,
            table=self.rows.table,
            after=dialect.parameter("after"),
            limit=dialect.parameter("limit"),
        )

    def to_entry(self, row: Row) -> tuple[str, Any]:
        """Return a record and its cursor."""
        return str(row[0]), self.rows.to_record(row[1:])
