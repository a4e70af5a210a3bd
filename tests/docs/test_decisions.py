"""That docs/decisions keeps its form, and its index is whole."""

import re
from datetime import date
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "decisions"
RECORDS = sorted(FOLDER.glob("[0-9]*.md"))
ROW = re.compile(r"^\| (\d{4}) \| (\S+) \| \[(.+)\]\((\S+)\) \|$", re.MULTILINE)
HEADINGS = ["Context", "Decision", "Consequences", "Not taken"]


def head(record: Path) -> tuple[str, str]:
    """Return a record's title and date."""
    found = re.match(r"# (.+)\n\nDate: (\S+)\n", record.read_text(encoding="utf-8"))
    assert found is not None, f"{record.name}: title, an empty line, Date: 2026-01-31"
    return found[1], date.fromisoformat(found[2]).isoformat()


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_a_record_tells_why_what_and_what_follows(record: Path) -> None:
    text = record.read_text(encoding="utf-8")

    assert head(record)
    assert HEADINGS == re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert all(part.partition("\n")[2].strip() for part in text.split("\n## ")[1:])


def test_the_index_lists_every_record() -> None:
    index = (FOLDER / "README.md").read_text(encoding="utf-8")

    rows = ROW.findall(index)

    assert rows == [(it.name[:4], *head(it)[::-1], it.name) for it in RECORDS]


def test_numbers_are_given_once_and_in_a_row() -> None:
    assert [f"{n + 1:04}" for n in range(len(RECORDS))] == [r.name[:4] for r in RECORDS]
