"""What is described wrong is told when the program starts, and what is right serves two records."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pytest

from adapters.storage.codecs import Codec
from adapters.storage.columns import Column, Record
from adapters.storage.rows import Dialect, Rows
from adapters.storage.statements import compose, name

DIALECT = Dialect(
    ":$name", {datetime: Codec(datetime.isoformat, datetime.fromisoformat)}
)
NOON = datetime(2025, 12, 24, 12)  # noqa: DTZ001 - nothing is told of zones here


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    name: str
    born_at: datetime | None

    @property
    def key(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Secret:
    person_id: int
    digest: str | None


@dataclass(frozen=True, slots=True)
class Whole:
    person: Person
    secret: Secret


@dataclass(frozen=True, slots=True)
class Checked:
    id: int

    def __post_init__(self) -> None:
        assert self.id


@dataclass(frozen=True)
class Open:
    id: int


KEY = Column("key", derived=True)
PERSON = Record("people", Person, "id", "name", KEY, "born_at")
SECRET = Record("people", Secret, Column("id", of="person_id"), "digest")
WHOLE = Record("people", Whole, person=PERSON, secret=SECRET)


def test_a_derived_column_is_written_and_not_read() -> None:
    rows = Rows(PERSON, DIALECT)

    assert "people.id, people.name, people.born_at" == rows.columns
    assert "id, name, key, born_at" == rows.written
    ada = Person(1, "Ada", None)
    assert {"id": 1, "name": "Ada", "key": "ada", "born_at": None} == rows.values(ada)
    assert ada == rows.to_record([1, "Ada", None])


def test_two_records_may_share_a_table_and_its_key() -> None:
    rows = Rows(WHOLE, DIALECT)
    whole = Whole(Person(1, "Ada", NOON), Secret(1, "digest"))

    assert "INSERT INTO people (id, name, key, born_at, digest)" in rows.insert
    assert [1, "Ada", "ada", "2025-12-24T12:00:00", "digest"] == [
        *rows.values(whole).values()
    ]
    read = [1, "Ada", "2025-12-24T12:00:00", 1, "digest"]
    assert len(read) == len(rows.columns.split(", "))
    assert whole == rows.to_record(read)


@pytest.mark.parametrize(
    "describe",
    [
        lambda: Record("people", Person, "id", "name"),
        lambda: Record("people", Person, "id", "name", "key", "born_at"),
        lambda: Record("people", Whole, person=PERSON),
        lambda: Record("people", Checked, "id"),
        lambda: Record("people", Open, "id"),
    ],
    ids=["a field without", "a property", "an inner one", "checks", "no slots"],
)
def test_a_record_that_would_be_read_wrong_is_refused(
    describe: Callable[[], object],
) -> None:
    with pytest.raises(TypeError, match=r"Person|Whole|Checked|Open"):
        describe()


@pytest.mark.parametrize("text", ["", "users; --", "a.b.c", "Users", "1", "a b", '"a"'])
def test_only_a_plain_name_gets_into_a_statement(text: str) -> None:
    with pytest.raises(ValueError, match="not a name"):
        name(text)


def test_a_part_that_was_forgotten_is_told() -> None:
    with pytest.raises(KeyError, match="table"):
        compose("SELECT 1 FROM $table")
