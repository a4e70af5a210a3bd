"""The command line as a process of its own: on a terminal, in pipes, interrupted."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.http.api import PASSWORD
from tests.servers.service import Service, wait_for
from tests.servers.terminal import Terminal

PROGRAM = str(Path(sys.executable).with_name("scribes-auth"))
HEAVY = {"dependency_injector", "jinja2", "rich", "ua_parser"}
RULE = re.compile("[─-]{9}")
"""What parts the header of a table from its rows."""

FAILED, USAGE = 1, 2


@pytest.fixture
def service(tmp_path: Path) -> Service:
    """Return one that has bob, and does not run."""
    service = Service(tmp_path, USER_PASSWORD=PASSWORD)
    add(service, "bob")
    return service


def add(service: Service, name: str) -> None:
    named = ("--email", f"{name}@example.com", "--username", name)
    assert 0 == service.run("users", "create", *named).returncode


def on_terminal(
    service: Service, *arguments: str, output: Path | None = None
) -> Terminal:
    command = [sys.executable, "-m", "entrypoints.cli", *arguments]
    return Terminal(command, service.directory, service.environment, output=output)


@pytest.mark.parametrize("looks", [{}, {"TERM": "xterm-256color", "LANG": "C.UTF-8"}])
def test_a_list_is_a_table_on_a_terminal_and_plain_columns_in_a_pipe(
    service: Service, looks: dict[str, str]
) -> None:
    service.settings.update(looks, NO_COLOR="1", COLUMNS="120")
    with on_terminal(service, "users", "list") as terminal:
        assert 0 == terminal.end()

    piped = service.run("users", "list")

    _, bob = piped.stdout.splitlines()
    assert bob.startswith("1   bob@example.com  bob")
    assert "bob@example.com" in terminal.screen
    assert RULE.search(terminal.screen)
    assert not RULE.search(piped.stdout)


def test_a_question_on_a_terminal_waits_for_an_answer(service: Service) -> None:
    for answer, code in {"n\n": FAILED, "": FAILED, "y\n": 0}.items():
        with on_terminal(service, "users", "delete", "bob") as terminal:
            terminal.wait_for("Delete user 1 (bob), bob@example.com, for good? [y/N]")
            terminal.type(answer)
            end = terminal.end if answer else terminal.interrupt
            assert code == end(), terminal.screen

        assert ("Deleted" in terminal.screen) == (code == 0)
        assert "Traceback" not in terminal.screen


def test_a_password_is_asked_for_twice_and_never_shown(service: Service) -> None:
    del service.settings["USER_PASSWORD"]
    named = ("--email", "ann@example.com", "--username", "ann")
    file = service.directory / "ann.json"
    with on_terminal(
        service, "users", "create", *named, "--json", output=file
    ) as terminal:
        for question in ("Password: ", "Repeat for confirmation: "):
            terminal.wait_for(question)
            terminal.type(f"{PASSWORD}\n")
        assert 0 == terminal.end(), terminal.screen

    assert "ann" == json.loads(file.read_text("utf-8"))["username"]
    assert PASSWORD not in terminal.screen


def test_events_are_followed_as_they_come_until_interrupted(service: Service) -> None:
    every, hers = service.directory / "every", service.directory / "hers"
    followers = [
        service.running(every, "events", "follow", "--json"),
        service.running(hers, "events", "follow", "--user-id", "2"),
    ]
    try:
        wait_for(lambda: every.read_text("utf-8"), "its beginning")
        wait_for(lambda: hers.read_text("utf-8"), "its beginning")
        for name in ("ann", "cid"):
            add(service, name)
        wait_for(lambda: 3 <= every.read_text("utf-8").count("\n"), "both events")
        wait_for(lambda: 2 <= hers.read_text("utf-8").count("\n"), "an event of hers")
    finally:
        for each in followers:
            each.send_signal(signal.SIGINT)
        codes = [each.wait(30) for each in followers]

    told, *events = every.read_text("utf-8").splitlines()
    assert [0, 0] == codes
    assert "Ctrl-C" in told
    assert [2, 3] == [json.loads(event)["user_id"] for event in events]
    (_, line) = hers.read_text("utf-8").splitlines()
    assert "user.created  2  operator" in line


def test_of_two_who_delete_somebody_at_once_one_does(service: Service) -> None:
    files = [service.directory / name for name in ("one", "two")]
    both = [service.running(it, "users", "delete", "bob", "--yes") for it in files]

    codes = [each.wait(30) for each in both]

    said = [file.read_text("utf-8") for file in files]
    assert [0, FAILED] == sorted(codes), said
    assert "User not found\n" in said


@pytest.mark.parametrize("command", ["users list", "users list --json", "stats"])
def test_whoever_stops_reading_is_no_bug(service: Service, command: str) -> None:
    reads, writes = os.pipe()
    os.close(reads)

    ended = run(service, *command.split(), stdout=writes)

    os.close(writes)
    assert (FAILED, b"") == (ended.returncode, ended.stderr)


def test_without_an_output_it_says_nothing(service: Service) -> None:
    shell = ["sh", "-c", 'exec "$@" >&- 2>&-', "sh"]

    ended = run(service, "users", "list", before=shell)

    assert (0, b"") == (ended.returncode, ended.stderr)


def test_an_encoding_without_a_letter_shows_how_it_is_written(service: Service) -> None:
    service.settings["PYTHONIOENCODING"] = "latin-1"
    named = ("--email", "ł@example.com", "--username", "umlaut")

    assert 0 == service.run("users", "invite", *named).returncode

    assert r"\u0142@example.com" in service.run("users", "list").stdout
    assert (
        "ł@example.com"
        == json.loads(service.run("users", "show", "umlaut", "--json").stdout)["email"]
    )


def test_its_version_is_told(tmp_path: Path) -> None:
    ended = Service(tmp_path, program=[PROGRAM]).run("--version")

    assert f"scribes-auth {version('scribes-auth')}\n" == ended.stdout


@pytest.mark.parametrize("arguments", [["--version"], ["healthcheck", "--port", "1"]])
def test_what_is_asked_often_imports_little(
    tmp_path: Path, arguments: list[str]
) -> None:
    service = Service(tmp_path, PYTHONPROFILEIMPORTTIME="1")

    ended = service.run(*arguments)

    lines = ended.stderr.splitlines()
    imported = {line.rpartition("|")[2].strip() for line in lines if "|" in line}
    assert "typer" in imported
    assert not imported & HEAVY


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        (["us"], ["users"]),
        (["users", "set"], ["set-role"]),
        (["users", "set-role", "bob", ""], ["user", "admin"]),
    ],
)
def test_bash_completes_commands(
    tmp_path: Path, words: list[str], completed: list[str]
) -> None:
    service = Service(tmp_path, program=[PROGRAM])
    script = Service(
        tmp_path, program=[PROGRAM], _SCRIBES_AUTH_COMPLETE="source_bash"
    ).run()
    lines = (
        script.stdout,
        f"COMP_WORDS=({shlex.join(['scribes-auth', *words])})",
        f"COMP_CWORD={len(words)}",
        f"_scribes_auth_completion {PROGRAM}",
        'printf "%s\\n" "${COMPREPLY[@]}"',
    )

    told = subprocess.run(
        ["/bin/bash", "-c", "\n".join(lines)],
        env=service.environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert completed == told.stdout.split()


def run(
    service: Service,
    *arguments: str,
    before: Sequence[str] = (),
    stdout: int = subprocess.PIPE,
) -> subprocess.CompletedProcess[bytes]:
    """Run a command with another output."""
    return subprocess.run(
        [*before, sys.executable, "-m", "entrypoints.cli", *arguments],
        cwd=service.directory,
        env=service.environment,
        stdout=stdout,
        stderr=subprocess.PIPE,
        timeout=30,
        check=False,
    )
