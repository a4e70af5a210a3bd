"""The files beside the Dockerfile, used as README.md says."""

import json
import os
import shutil
import stat
import subprocess
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from tests.deploy.dockerfile import DOCKER
from tests.servers.service import Service
from tools.deploy.docker import REQUIREMENTS
from tools.deploy.environments import environment

GUIDE = Path(__file__).with_name("guide-compose.yaml")
DATABASE = "postgresql+asyncpg://user:pass@db:5432/scribes"


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    """Draw secrets in a place of our own; return where they are."""
    script = shutil.copy(DOCKER / "new-secrets.sh", tmp_path)
    # As an engine leaves it that was told `up` before there were any.
    for part in ("app", "redis.conf"):
        (tmp_path / "secrets" / part).mkdir(parents=True)
    done = run("sh", script)
    assert 0 == done.returncode, done.stderr
    return tmp_path / "secrets"


def test_with_the_drawn_secrets_the_journey_works(drawn: Path, tmp_path: Path) -> None:
    settings = {"SECRETS_URL": f"file://{drawn}/app", "DATABASE_URL": "memory://"}

    with Service(tmp_path, **settings) as service:
        gone = run("sh", DOCKER / "journey.sh", service.url)

    assert 0 == gone.returncode, gone.stderr
    assert "user" == json.loads(gone.stdout)["role"]


def test_the_journey_fails_where_nobody_serves() -> None:
    assert run("sh", DOCKER / "journey.sh", "http://127.0.0.1:9").returncode


def test_secrets_are_strong_all_different_and_nobody_elses(drawn: Path) -> None:
    words = {
        file.read_text().strip().rpartition(" ")[2]
        for file in drawn.rglob("*")
        if file.is_file()
    }
    password = (drawn / "postgres-password").read_text()

    assert 0o700 == stat.S_IMODE(drawn.stat().st_mode)
    assert 5 == len(words)
    assert 64 == len(password)
    assert f":{password}@postgres:" in (drawn / "app" / "database-url").read_text()


def test_where_nothing_can_be_drawn_nothing_is_made(tmp_path: Path) -> None:
    script = shutil.copy(DOCKER / "new-secrets.sh", tmp_path)
    (tmp_path / "od").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "od").chmod(0o755)

    done = run("env", f"PATH={tmp_path}:{os.environ['PATH']}", "sh", script)

    assert (1, False) == (done.returncode, (tmp_path / "secrets").exists())


def test_secrets_that_are_there_are_never_drawn_again(drawn: Path) -> None:
    before = (drawn / "app" / "jwt-secret").read_text()

    again = run("sh", drawn.parent / "new-secrets.sh")

    assert again.returncode
    assert (drawn / "tls").is_dir()
    assert before == (drawn / "app" / "jwt-secret").read_text()


def test_who_is_believed_is_nginx_and_its_address_is_given_to_nobody_else() -> None:
    compose = environment(REQUIREMENTS) / "docker-compose"
    said = run(
        *(compose, "-f", DOCKER / "compose.yaml", "--profile", "*"),
        *("config", "--format", "json"),
    )
    asked = json.loads(said.stdout)
    (given,) = asked["networks"]["front"]["ipam"]["config"]
    app, nginx = (asked["services"][name] for name in ("app", "nginx"))
    fixed = [it["networks"]["front"]["ipv4_address"] for it in (app, nginx)]

    assert fixed[1] == app["environment"]["TRUSTED_PROXIES"]
    for address in map(ip_address, [given["gateway"], *fixed]):
        assert address in ip_network(given["subnet"])
        assert address not in ip_network(given["ip_range"])


def test_the_guides_compose_file_needs_no_more_than_what_is_beside_it() -> None:
    compose = environment(REQUIREMENTS) / "docker-compose"
    files = ("-f", GUIDE, "-f", DOCKER / "guide.yaml")

    said = run(compose, *files, "config", "--format", "json")

    assert 0 == said.returncode, said.stderr
    services = json.loads(said.stdout)["services"]
    redis = services["redis"]["command"][-1]
    told = services["app"]["environment"]
    assert DATABASE == told["DATABASE_URL"]
    assert f"redis://:{redis}@redis:6379" == told["REDIS_URL"]
    assert ["CMD", "scribes-auth", "healthcheck"] == services["app"]["healthcheck"][
        "test"
    ]
    assert "deploy/docker/Dockerfile" == services["app"]["build"]["dockerfile"]
