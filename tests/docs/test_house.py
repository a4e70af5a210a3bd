"""That what helps to work on the repository fits to the repository."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def targets() -> set[str]:
    """Return what `make` can make."""
    return set(re.findall(r"^([a-z]+):.*## ", text("Makefile"), re.MULTILINE))


def test_every_target_that_is_told_of_is_there() -> None:
    pages = ("README.md", "CONTRIBUTING.md", "tests/README.md", "docs/recipes.md")

    told = {
        target
        for page in pages
        for target in re.findall(r"(?:^|`)make ([a-z]+)", text(page), re.MULTILINE)
    }

    assert {"run", "test", "quick", "check"} <= told <= targets()


def test_hooks_are_local_and_do_what_make_does() -> None:
    hooks = text(".pre-commit-config.yaml")
    entries = re.findall(r"^\s+entry: make (\w+)$", hooks, re.MULTILINE)

    assert {"local"} == set(re.findall(r"repo: (\S+)", hooks))
    assert len(re.findall(r"- id: ", hooks)) == len(entries)
    assert set(entries) <= targets()


def test_a_container_for_development_begins_as_people_do() -> None:
    container = json.loads(text(".devcontainer/devcontainer.json"))

    first, target = container["postCreateCommand"].split()
    assert "make" == first
    assert target in targets()


def test_every_folder_of_tests_is_explained() -> None:
    rows = re.findall(r"^\| `(\w+)/` \|", text("tests/README.md"), re.MULTILINE)

    folders = {init.parent.name for init in (ROOT / "tests").glob("*/__init__.py")}

    assert folders == set(rows)
