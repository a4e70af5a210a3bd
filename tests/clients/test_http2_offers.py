"""Clients that offer HTTP/2 with each request over plain HTTP."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.http.api import Person
from tests.servers.debian import installed, library_path, unpack
from tests.servers.service import Service

JOURNEY = Path(__file__).parent / "java" / "Journey.java"
CALL_SECONDS = 100


@pytest.fixture(scope="module")
def java(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a JDK's `java`: this machine's, or Debian's, unpacked."""
    found = installed("java")
    if found is not None and installed("javac") is not None:
        return found
    root = tmp_path_factory.mktemp("java")
    unpack("openjdk-17-jdk-headless", root)
    return next(it for it in root.glob("usr/lib/jvm/*/bin/java") if it.is_file())


@pytest.fixture(scope="module")
def curl(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, str]]:
    """Return `curl` that can speak HTTP/2, and what it needs in its environment."""
    found = installed("curl")
    if found is not None and "HTTP2" in run(found, "--version"):
        return found, {}
    root = tmp_path_factory.mktemp("curl")
    unpack("curl", root)
    return root / "usr/bin/curl", {"LD_LIBRARY_PATH": library_path(root)}


def test_javas_client_registers_logs_in_and_refreshes(
    auth: Service, java: Path
) -> None:
    said = run(java, JOURNEY, auth.url)

    assert [
        "/auth/register 201",
        "/auth/login 200",
        "/auth/me 200",
        "/auth/refresh 200",
    ] == said.splitlines()


def test_curl_registers_logs_in_and_refreshes(
    auth: Service, curl: tuple[Path, Mapping[str, str]]
) -> None:
    program, environment = curl
    person = Person.new()

    def post(path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        said = run(
            program,
            *("--http2", "--silent", "--show-error", "--fail-with-body"),
            *("--header", "Content-Type: application/json"),
            *("--data", json.dumps(body), auth.url + path),
            **environment,
        )
        answer: dict[str, Any] = json.loads(said)
        return answer

    assert person.email == post("/auth/register", person.details)["email"]
    tokens = post("/auth/login", person.credentials)
    refreshed = post("/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    assert refreshed["access_token"]


def run(program: Path, *arguments: str | Path, **environment: str) -> str:
    done = subprocess.run(
        (program, *arguments),
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=CALL_SECONDS,
        check=False,
    )
    assert 0 == done.returncode, done.stderr + done.stdout
    return done.stdout
