"""What linters of others say of `/openapi.json`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.clients import npm
from tests.servers.service import Service, together

Linter: TypeAlias = Callable[..., str]

pytestmark = pytest.mark.timeout(300)  # the first time, all of it is fetched

WHERE = [{}, {"PUBLIC_URL": "https://auth.scribes.app"}]


def redocly(*documents: Path) -> str:
    """Lint by the recommended rules, of which none may be broken, nor warn."""
    rules = "--extends=recommended-strict"
    return npm.run("redocly", "lint", rules, *documents, cwd=documents[0].parent)


def spectral(*documents: Path) -> str:
    """Lint by the recommended rules for OpenAPI, of which none may even hint."""
    rules = documents[0].with_name("rules.json")
    rules.write_text(json.dumps({"extends": ["spectral:oas"]}))
    how = ("--ruleset", rules, "--fail-severity", "hint")
    return npm.run("spectral", "lint", *how, *documents, cwd=documents[0].parent)


LINTERS = [redocly, spectral]


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return what is served in each place."""
    services = [Service(tmp_path_factory.mktemp("auth"), **it) for it in WHERE]
    with together(*services):
        return [saved(served(it), it.directory) for it in services]


def served(auth: Service) -> dict[str, Any]:
    with auth.client() as client:
        found: dict[str, Any] = client.get("/openapi.json").json()
        return found


def saved(document: dict[str, Any], directory: Path) -> Path:
    file = directory / "openapi.json"
    file.write_text(json.dumps(document))
    return file


@pytest.mark.parametrize("lint", LINTERS)
def test_linters_find_nothing_in_the_description(
    lint: Linter, documents: list[Path]
) -> None:
    lint(*documents)


@pytest.mark.soak
@pytest.mark.parametrize("lint", LINTERS)
def test_linters_would_find_something_in_any_of_them(
    lint: Linter, documents: list[Path], tmp_path: Path
) -> None:
    *others, last = documents
    nowhere = saved({**json.loads(last.read_text()), "servers": []}, tmp_path)

    with pytest.raises(AssertionError, match=r"[Ss]ervers"):
        lint(*others, nowhere)


def test_the_lock_files_of_the_tools_name_no_place_to_fetch_from() -> None:
    lock = json.loads((npm.TOOLS / npm.LOCK).read_text())

    packages = [it for name, it in lock["packages"].items() if name]
    assert all(it["integrity"].startswith("sha512-") for it in packages)
    assert not any("resolved" in it for it in packages)
