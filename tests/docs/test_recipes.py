"""Follows docs/recipes.md to the letter, in a copy of the checkout."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.servers.checkouts import copied_checkout, mark_installed
from tests.servers.existing import ExistingServer
from tests.servers.mongo import MongoCompatibleServer
from tests.servers.postgres import PostgresServer
from tests.servers.service import CHECKOUT

PAGE = (CHECKOUT / "docs" / "recipes.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
CHANGED = re.compile(r"--- (\S+)\n")
NAMED = re.compile(r"(?:#|--) (\S+)\n")
SECONDS = 110
LONG = re.compile("make check|nginx|postgres.py")
"""Looks at all of the checkout again, or has servers started, for what others test, too."""


def blocks(language: str) -> list[str]:
    return [text for it, text in BLOCK.findall(PAGE) if it == language]


def commands() -> list[object]:
    """Return the lines that the page has a reader type, each once."""
    return [
        pytest.param(it, marks=pytest.mark.soak if LONG.search(it) else [])
        for it in dict.fromkeys("".join(blocks("sh")).splitlines())
    ]


def side(hunk: str, sign: str) -> str:
    """Return what a hunk has before it (``-``) or after it (``+``)."""
    lines = [line for line in hunk.splitlines() if line[:1] in {" ", sign, ""}]
    return "".join(f"{line[1:]}\n" for line in lines)


def change(checkout: Path, block: str) -> None:
    """Do what one block says; raises AssertionError where its place is not clear."""
    name = CHANGED.match(block)
    assert name is not None, block
    file = checkout / name[1]
    text = file.read_text(encoding="utf-8")
    for hunk in block.removeprefix(name[0]).split("@@\n"):
        before = side(hunk, "-")
        assert 1 == f"\n{text}".count(f"\n{before}"), (
            f"{name[1]} has not once:\n{before}"
        )
        text = f"\n{text}".replace(f"\n{before}", "\n" + side(hunk, "+"))[1:]
    file.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a copy, and do all that the page says up to its commands."""
    copy = copied_checkout(tmp_path_factory.mktemp("work"))
    for block in blocks("diff"):
        change(copy, block)
    for block in [*blocks("python"), *blocks("sql")]:
        name = NAMED.match(block)
        assert name is not None, block
        (copy / name[1]).write_text(block.removeprefix(name[0]), encoding="utf-8")
    mark_installed(copy)  # no recipe adds a package
    return copy


@pytest.fixture(scope="module")
def servers(
    postgres_server: PostgresServer | ExistingServer,
    mongo_server: MongoCompatibleServer | ExistingServer,
) -> Mapping[str, str]:
    """Return what leads to those that run already."""
    urls = {"POSTGRES": postgres_server.url, "MONGO": mongo_server.url}
    return {f"TEST_{name}_URL": url for name, url in urls.items()}


@pytest.mark.parametrize("command", commands())
def test_what_the_page_has_one_type_succeeds(
    checkout: Path, servers: Mapping[str, str], command: str
) -> None:
    done = subprocess.run(  # noqa: S602 - the page's own words
        command,
        shell=True,
        cwd=checkout,
        env={"PATH": os.environ["PATH"], "HOME": str(checkout), **servers},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )

    assert 0 == done.returncode, done.stdout + done.stderr
    assert not re.search(r"\d+ skipped", done.stdout)


def test_each_recipe_ends_with_commands() -> None:
    recipes = PAGE.split("\n## ")[1:]

    assert 4 == len(recipes)
    assert all(it.rstrip().endswith("make check\n```") for it in recipes)
