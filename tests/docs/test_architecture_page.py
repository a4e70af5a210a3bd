"""That docs/architecture.md is true."""

import ast
import re

import pytest

from tests.docs.packages import PAGE, PLACE, ROOT, package_of, packages, picture

TEXT = PAGE.read_text(encoding="utf-8")
NAMED = re.compile(
    r"`(\w[\w.]*)`\s+(?:in|of)\s+\[`([\w/]+\.py)`\]\(\.\./([\w/]+\.py)\)"
)
ROW = re.compile(r"^\| `([\w.]+)` \| (.+) \|$", re.MULTILINE)


def names_in(body: list[ast.stmt], before: str = "") -> set[str]:
    """Return the names of classes, their methods and functions."""
    found: set[str] = set()
    for it in body:
        if isinstance(it, ast.ClassDef):
            found |= {before + it.name, *names_in(it.body, f"{before}{it.name}.")}
        elif isinstance(it, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(before + it.name)
    return found


def test_the_picture_shows_who_imports_whom() -> None:
    shown = PLACE.search(TEXT)

    assert shown is not None
    assert picture() == shown[0], "python -m tests.docs.packages draws it anew"


def test_the_picture_points_inwards() -> None:
    layers = ["entrypoints", "config", "adapters", "core"]
    arrows = re.findall(r"^  (\w+?)(?:_\w+)? --> (\w+?)(?:_\w+)?$", TEXT, re.MULTILINE)

    assert arrows
    assert all(layers.index(a) <= layers.index(b) for a, b in arrows)


def test_the_table_says_what_each_package_owns() -> None:
    assert packages() == sorted(name for name, _ in ROW.findall(TEXT))


def test_a_module_is_in_the_smallest_package_that_has_it() -> None:
    known = ["core", "core.ports"]

    assert "core.ports" == package_of("core.ports.records", known)
    assert "core" == package_of("core.errors", known)


@pytest.mark.parametrize(("name", "shown", "linked"), NAMED.findall(TEXT))
def test_every_name_is_where_the_page_says(name: str, shown: str, linked: str) -> None:
    module = ast.parse((ROOT / linked).read_text(encoding="utf-8"))

    assert shown == linked
    assert name in names_in(module.body)


def test_every_module_is_named_with_what_to_look_for() -> None:
    """A link alone would stay good when what it is about has moved."""
    ways = TEXT.partition("## The way of a log-in")[2]

    assert set(re.findall(r"\]\(\.\./([\w/]+\.py)\)", ways)) == {
        linked for *_, linked in NAMED.findall(ways)
    } | {"core/errors.py"}
