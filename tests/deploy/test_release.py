import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from entrypoints.http.routes import VERSION
from tests.servers.service import CHECKOUT
from tools.deploy import CheckNotMade, docker
from tools.deploy.__main__ import KINDS, NOT_MADE, WRONG, main
from tools.release import NotReady, notes

PYPROJECT = '[project]\nversion = "1.2.3"\n'
CHANGELOG = """# Changelog

## Unreleased

- What comes later.

## 1.2.3 - 2026-11-27

### Added

- What is new.

## 1.2.2 - 2026-11-01

- What was new.
"""


def test_the_notes_of_a_release_are_its_section_of_the_changelog() -> None:
    assert "### Added\n\n- What is new." == notes("v1.2.3", PYPROJECT, CHANGELOG)


@pytest.mark.parametrize(
    ("tag", "changelog"),
    [
        ("v1.2.4", CHANGELOG),
        ("1.2.3", CHANGELOG),
        ("v1.2.3", CHANGELOG.replace("## 1.2.3 - 2026-11-27", "## 1.2.3")),
        ("v1.2.3", CHANGELOG.replace("### Added\n\n- What is new.\n", "")),
        ("v1.2.3", "# Changelog\n"),
    ],
)
def test_a_release_without_its_own_tag_and_section_is_refused(
    tag: str, changelog: str
) -> None:
    with pytest.raises(NotReady):
        notes(tag, PYPROJECT, changelog)


def test_the_version_is_said_in_one_place() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    version = project["version"]

    told = run(sys.executable, "-m", "entrypoints.cli", "--version")
    labelled = run("make", "--dry-run", "image")

    assert version == VERSION
    assert f"scribes-auth {version}" == told.strip()
    assert f"--build-arg VERSION={version} " in labelled


def test_check_deploy_fails_for_what_is_wrong_and_for_what_it_can_not_check(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(KINDS, "workflows", ("workflows", str(tmp_path)))

    assert WRONG == main(["workflows"])
    assert "workflows: " in capsys.readouterr().out
    assert NOT_MADE == main(["misspelt"])


def test_a_check_whose_tool_can_not_be_had_is_told_and_no_success(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unreachable(_: Path) -> Path:
        raise CheckNotMade("no registry")

    monkeypatch.setattr(docker, "environment", unreachable)

    assert NOT_MADE == main(["docker"])
    assert "docker: not checked: no registry\n" == capsys.readouterr().out


def run(*command: str) -> str:
    done = subprocess.run(
        command, cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    return done.stdout
