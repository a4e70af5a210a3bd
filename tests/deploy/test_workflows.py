import shutil
from pathlib import Path

import pytest

from tests.deploy.mistakes import spoil
from tests.servers.service import CHECKOUT
from tools.deploy import workflows

WORKFLOWS = CHECKOUT / ".github" / "workflows"
MISTAKES = [
    ("ci.yml", "runs-on: ubuntu-24.04", "run-on: ubuntu-24.04", "run-on"),
    ("ci.yml", "runs-on: ubuntu-24.04", "runs-on: ubuntu-1.04", "ubuntu-1.04"),
    ("ci.yml", "matrix.cloud", "matrix.clouds", "clouds"),
    ("ci.yml", 'cron: "17 4 * * 1"', 'cron: "71 4 * * 1"', "CRON"),
    ("ci.yml", "- run: make image", "- run make image", "scalar node"),
    ("ci.yml", "permissions:\n  contents: read\n", "", "permissions"),
    ("release.yml", "needs: ci", "needs: tests", "tests"),
    ("release.yml", "contents: write", "contents: all", "all"),
    (
        "release.yml",
        "$GITHUB_REF_NAME",
        "${{ github.event.head_commit.message }}",
        "untrusted",
    ),
    (
        "release.yml",
        "checkout@3d3c42e5aac5ba805825da76410c181273ba90b1",
        "checkout@v7",
        "not pinned",
    ),
]


def test_nothing_is_wrong_with_the_workflows() -> None:
    assert [] == workflows.check(WORKFLOWS)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return what is told when all of the mistakes are made."""
    copy = Path(
        shutil.copytree(WORKFLOWS, tmp_path_factory.mktemp("all") / "workflows")
    )
    for file, right, wrong, _ in MISTAKES:
        spoil(copy, file, right, wrong, times=1)
    return workflows.check(copy)


@pytest.mark.parametrize(("file", "told"), [(it[0], it[3]) for it in MISTAKES])
def test_a_mistake_is_found(file: str, told: str, found: list[str]) -> None:
    assert [it for it in found if it.startswith(file) and told in it], found


def test_a_folder_without_any_is_told(tmp_path: Path) -> None:
    assert [f"{tmp_path}: no workflow is there"] == workflows.check(tmp_path)
