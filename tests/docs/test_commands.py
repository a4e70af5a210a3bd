"""Runs the commands of docs/troubleshooting.md and docs/operations.md where a service runs."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest

from tests.http.api import Api, Person, decoded
from tests.servers.postgres import PostgresServer
from tests.servers.service import CHECKOUT, Service, wait_for

BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^ *((?:[^#\n].*\\\n)*[^#\n].*)", re.MULTILINE)
SECONDS = 60

TROUBLESHOOTING = {
    'grep "Login failed"': "wrong password",
    "users show": "is verified",
    "users list": "user@example.com",
    "users reset-password": "",
    "--kind password.reset_requested": "password.reset_requested",
    'split(".")[1]': "'exp'",
    "date": "",
    "/auth/refresh": '"access_token"',
    "--kind session.ended": "session.ended",
    'grep "Token refused"': "Token refused",
    'split(".")[0]': "'kid'",
    "keys list": "signing",
    "jwks.json": '"keys"',
    'grep "Email sent"': "Email sent",
    "/health": '"delivering"',
    "mail test": "",
    "/readyz": '"ready"',
    "check --connect": "PORT: ",
    "migrate --check": "",
}
OPERATIONS = {
    "keys list": "signing",
    'grep "Login failed"': "1\n",
    'grep "Token generated"': "Token generated",
    'grep "401 Unauthorized"': "401 Unauthorized",
    'grep "Email sent"': "Email sent",
    "sqlite3 ": "",
    "pg_dump ": "",
    "pg_restore ": "",
    '"$RESTORED_URL" scribes-auth migrate': "",
    "users list": "user@example.com",
    "scribes-auth check": "is good",
    "scribes-auth migrate": "",
    "scribes-auth transfer": "",
    "keys revoke": "",
}
"""A part of each command, and what its reader is to look for in what it prints."""

REFUSED = {"check --connect": 78}
"""Exit codes of those that find something: beside the service its port is taken."""

ELSEWHERE = "make test"
"""What the pages have typed to run all of this on servers of one's own."""


@dataclass(frozen=True)
class Machine:
    """Where an operator types, and what stands there for what the pages write."""

    service: Service
    variables: Mapping[str, str]
    words: Mapping[str, str] = field(default_factory=dict)
    programs: str = ""

    def type(self, command: str) -> "subprocess.CompletedProcess[str]":
        directory = self.service.directory
        words = {
            "/var/log/scribes": str(directory),
            "http://localhost:8000": self.service.url,
            **self.words,
        }
        for word, meant in words.items():
            command = command.replace(word, meant)
        path = (f"{directory / 'bin'}", self.programs, os.environ["PATH"])
        return subprocess.run(  # noqa: S602 - the page's own words
            command,
            shell=True,
            cwd=directory,
            env={
                **self.service.environment,
                **self.variables,
                "PATH": os.pathsep.join(path),
            },
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )


def commands(page: str) -> list[str]:
    """Return what a page has its reader type, each once."""
    text = (CHECKOUT / "docs" / page).read_text(encoding="utf-8")
    lines = (line for block in BLOCK.findall(text) for line in COMMAND.findall(block))
    return [line for line in dict.fromkeys(lines) if ELSEWHERE not in line]


def ends_it_all(command: str) -> bool:
    """Tell what nothing can follow: the only key is revoked."""
    return "keys revoke" in command


def installed(directory: Path) -> Path:
    """Put this checkout's command line where a shell finds it."""
    program = directory / "bin" / "scribes-auth"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m entrypoints.cli "$@"\n')
    program.chmod(0o700)
    return directory


def used(service: Service) -> dict[str, str]:
    """Have all happen that the pages' reader looks for; return the tokens at hand."""
    person = Person("user@example.com", "johndoe")
    with service.client() as client:
        api = Api(client)
        api.register(person)
        api.log_in(person, "WrongPass789#")
        ended, kept = api.session(person), api.session(person)
        api.post("/auth/logout", token=ended["access_token"])
        api.me(ended["access_token"])
    wait_for(lambda: service.mails(person.email), "the mail")
    return {"TOKEN": kept["access_token"], "REFRESH_TOKEN": kept["refresh_token"]}


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    directory = installed(tmp_path)
    with Service(directory, LOG_FILE=str(directory / "app.log")) as service:
        yield Machine(service, used(service))


@pytest.fixture
def on_postgres(tmp_path: Path, own_postgres: PostgresServer) -> Iterator[Machine]:
    directory = installed(tmp_path)
    url, restored, moved = databases(own_postgres)
    settings = {"LOG_FILE": str(directory / "app.log"), "DATABASE_URL": url}
    with Service(directory, **settings) as service:
        tokens = used(service)
        header, _ = decoded(tokens["TOKEN"])
        words = {
            "KID": f"{header['kid']} --yes",
            "postgresql://scribes@db/scribes": moved,
        }
        urls = {"DATABASE_URL": url, "RESTORED_URL": restored}
        before = Machine(service, {"DATABASE_URL": "sqlite:///var/scribes.db"})
        assert 0 == before.type(f"{directory}/bin/scribes-auth migrate").returncode
        yield Machine(service, urls, words, str(own_postgres.binaries))


def databases(server: PostgresServer) -> list[str]:
    """Make three empty ones."""
    names = [f"{name}_{uuid4().hex}" for name in ("service", "restored", "moved")]
    with psycopg.connect(server.url, autocommit=True) as operator:
        for name in names:
            operator.execute(f"CREATE DATABASE {name}")
    return [urlsplit(server.url)._replace(path=f"/{name}").geturl() for name in names]


def shows(machine: Machine, command: str, expected: Mapping[str, str]) -> None:
    part, shown = next(it for it in expected.items() if it[0] in command)

    done = machine.type(command)

    said = f"{command}\n{done.stdout}{done.stderr}"
    assert REFUSED.get(part, 0) == done.returncode, said
    assert shown in done.stdout, said


def test_the_commands_for_trouble_show_one_after_the_other_what_to_look_for(
    machine: Machine,
) -> None:
    for command in commands("troubleshooting.md"):
        shows(machine, command, TROUBLESHOOTING)


def test_the_commands_of_operations_do_one_after_the_other_what_the_page_says(
    on_postgres: Machine,
) -> None:
    for command in sorted(commands("operations.md"), key=ends_it_all):
        shows(on_postgres, command, OPERATIONS)
