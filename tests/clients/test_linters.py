"""What linters of others say of `/openapi.json`."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.clients import npm
from tests.servers.service import Service

Linter: TypeAlias = Callable[[Path], str]

pytestmark = pytest.mark.timeout(300)  # the first time, all of it is fetched

WHERE = [{}, {"PUBLIC_URL": "https://auth.scribes.app"}]


def redocly(document: Path) -> str:
    """Lint by the recommended rules, of which none may be broken, nor warn."""
    rules = "--extends=recommended-strict"
    return npm.run("redocly", "lint", rules, document, cwd=document.parent)


def spectral(document: Path) -> str:
    """Lint by the recommended rules for OpenAPI, of which none may even hint."""
    rules = document.with_name("rules.json")
    rules.write_text(json.dumps({"extends": ["spectral:oas"]}))
    how = ("--ruleset", rules, "--fail-severity", "hint")
    return npm.run("spectral", "lint", *how, document, cwd=document.parent)


LINTERS = [redocly, spectral]


@pytest.fixture(scope="module", params=WHERE, ids=["by default", "PUBLIC_URL"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    with (
        Service(tmp_path_factory.mktemp("auth"), **request.param) as auth,
        auth.client() as client,
    ):
        yield client.get("/openapi.json").json()


@pytest.mark.parametrize("lint", LINTERS)
def test_linters_find_nothing_in_the_description(
    lint: Linter, served: dict[str, Any], tmp_path: Path
) -> None:
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(served))

    lint(document)


@pytest.mark.parametrize("lint", LINTERS)
def test_linters_would_find_something(
    lint: Linter, served: dict[str, Any], tmp_path: Path
) -> None:
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps({**served, "servers": []}))

    with pytest.raises(AssertionError, match=r"[Ss]ervers"):
        lint(document)


def test_the_lock_files_of_the_tools_name_no_place_to_fetch_from() -> None:
    lock = json.loads((npm.TOOLS / npm.LOCK).read_text())

    packages = [it for name, it in lock["packages"].items() if name]
    assert all(it["integrity"].startswith("sha512-") for it in packages)
    assert not any("resolved" in it for it in packages)
