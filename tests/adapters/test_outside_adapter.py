"""Follows docs/adding-an-adapter.md to the letter, in a folder of a stranger's own."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.rate_limiter import RateLimiterContract
from tests.contract.secrets import SecretsContract
from tests.contract.storage import StorageContract
from tests.servers.service import CHECKOUT, Service, wait_for

PAGE = (CHECKOUT / "docs" / "adding-an-adapter.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NAMED = re.compile(r"# (diary/[\w./]+)(, continued)?\n")

PARTS = (
    "adapters",
    "config",
    "core",
    "entrypoints",
    "tests",
    "pyproject.toml",
    "tools",
)
OFFLINE = {"UV_OFFLINE": "1", "UV_NO_BUILD_ISOLATION": "1"}
SECONDS = 100

ADA = {"email": "ada@example.com", "username": "ada", "password": "SecurePass123!"}


def written_files() -> dict[str, str]:
    """Return the page's files; a block that continues one is put at its end."""
    files: dict[str, str] = {}
    for _, text in BLOCK.findall(PAGE):
        if name := NAMED.match(text):
            assert bool(name[2]) == (name[1] in files), name[0]
            before = f"{files[name[1]]}\n" if name[2] else ""
            files[name[1]] = before + text.removeprefix(name[0])
    return files


def commands() -> list[str]:
    """Return the lines that the page has a reader type."""
    blocks = [text for language, text in BLOCK.findall(PAGE) if language == "sh"]
    return "".join(blocks).splitlines()


def run(checkout: Path, command: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(  # noqa: S602 - the page's own words
        command,
        shell=True,
        cwd=checkout,
        env={"PATH": os.environ["PATH"], "HOME": str(checkout), **OFFLINE},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done


def settings_of(command: str) -> tuple[dict[str, str], list[str]]:
    """Return the variables before a command, and its words."""
    words = shlex.split(command)
    count = sum("=" in word for word in words)
    return dict(word.split("=", 1) for word in words[:count]), words[count:]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make what `make install` leaves, in an environment that may be installed into."""
    checkout = tmp_path_factory.mktemp("work") / "scribes-auth"
    checkout.mkdir()
    for part in PARTS:
        (checkout / part).symlink_to(CHECKOUT / part)
    environment, ours = checkout / ".venv", Path(sys.executable).parent
    venv = [sys.executable, "-m", "venv", "--without-pip", str(environment)]
    subprocess.run(venv, check=True, timeout=SECONDS)
    (packages,) = environment.glob("lib/python*/site-packages")
    everything = sysconfig.get_path("purelib")
    added = f"import site; site.addsitedir({everything!r})\n"
    (packages / "everything.pth").write_text(added, encoding="utf-8")
    (environment / "bin" / "uv").symlink_to(ours / "uv")
    script = (ours / "scribes-auth").read_text(encoding="utf-8").split("\n", 1)[1]
    program = environment / "bin" / "scribes-auth"
    program.write_text(f"#!{environment}/bin/python\n{script}", encoding="utf-8")
    shutil.copymode(ours / "scribes-auth", program)
    return checkout


@pytest.fixture(scope="module")
def installed(checkout: Path) -> Path:
    """Write the page's files and install them as it says."""
    for name, text in written_files().items():
        file = checkout.parent / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (install,) = [line for line in commands() if " pip install " in line]
    run(checkout, install)
    return checkout


def service(checkout: Path, directory: Path, **settings: str) -> Service:
    program = checkout / ".venv" / "bin" / "scribes-auth"
    (directory / "var").mkdir()
    return Service(directory, program=[str(program)], **settings)


def log_in(running: Service) -> tuple[str, dict[str, Any]]:
    """Log in and refresh; return whose tokens they are."""
    with running.client() as client:
        tokens = client.post("/auth/login", json=ADA).raise_for_status().json()
        body = {"refresh_token": tokens["refresh_token"]}
        tokens = client.post("/auth/refresh", json=body).raise_for_status().json()
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        me = client.get("/auth/me", headers=bearer).raise_for_status().json()
    return tokens["refresh_token"], me


def is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").is_success
    except httpx.TransportError:
        return False


def test_the_pages_adapters_keep_every_law(installed: Path) -> None:
    (suite,) = [line for line in commands() if " pytest " in line]

    done = run(installed, f"{suite} --verbose -p no:cacheprovider")

    passed = set(re.findall(r"::(\w+::\w+) PASSED", done.stdout))
    suites: dict[str, type[Any]] = {
        "TestDiaryStorage": StorageContract,
        "TestJsonSecrets": SecretsContract,
        "TestTallyRateLimiter": RateLimiterContract,
    }
    laws = {f"{name}::{law}" for name, suite in suites.items() for law in suite.laws()}
    assert set() == laws - passed
    assert not re.search(r"\d+ (failed|skipped|error)", done.stdout)


def test_the_service_runs_on_the_pages_storage(installed: Path, tmp_path: Path) -> None:
    migrate, serve = (settings_of(c) for c in commands() if c.startswith("DATABASE"))
    running = service(installed, tmp_path, **serve[0], AUTO_MIGRATE="false")

    migrated = running.run(*migrate[1][1:])
    running.start()
    with running, running.client() as client:
        registered = client.post("/auth/register", json=ADA)
        refresh_token, before = log_in(running)
        mailed = running.mailed_token(ADA["email"], "confirm")
        running.kill()
        running.start()
        _, after = log_in(running)
        kept = client.post("/auth/refresh", json={"refresh_token": refresh_token})
        verified = client.post("/auth/verify-email", json={"token": mailed})

    assert (0, "0001_diary: done\n") == (migrated.returncode, migrated.stdout)
    assert [".venv/bin/scribes-auth", "serve"] == serve[1]
    assert 201 == registered.status_code, registered.text
    assert registered.json()["id"] == before["id"] == after["id"]
    assert [200, 200] == [kept.status_code, verified.status_code]


def test_the_service_waits_until_somebody_migrates(
    installed: Path, tmp_path: Path
) -> None:
    url = "diary:///var/diary"
    waiting = service(installed, tmp_path, DATABASE_URL=url, AUTO_MIGRATE="false")
    told = "Run `scribes-auth migrate`: 0001_diary pending"

    waiting.launch()
    with waiting, waiting.client() as client:
        wait_for(lambda: told in waiting.output, "the log", seconds=30)
        waiting.run("migrate")
        wait_for(lambda: is_ready(client), "it to be ready", seconds=30)
        registered = client.post("/auth/register", json=ADA)

    assert 201 == registered.status_code, registered.text


def test_the_pages_secrets_and_limits_are_chosen_by_their_urls(
    installed: Path, tmp_path: Path
) -> None:
    secret = '{"jwt-secret": [["%s", "2026-01-01T00:00:00+00:00"]]}' % ("x" * 64)
    (tmp_path / "secrets.json").write_text(secret, encoding="utf-8")
    running = service(
        installed,
        tmp_path,
        SECRETS_URL=f"json://{tmp_path}/secrets.json",
        REDIS_URL="tally://",
        RATE_LIMIT_ENABLED="true",
        RATE_LIMIT_LOGIN="2/minute",
    )

    with running.start(), running.client() as client:
        tries = [client.post("/auth/login", json=ADA).status_code for _ in range(3)]

    assert [401, 401, 429] == tries
    assert "Refused" in running.output
    assert not (tmp_path / "var" / "jwt-secret").exists()


def test_an_unknown_scheme_is_told_with_those_that_are_known(
    installed: Path, tmp_path: Path
) -> None:
    done = service(installed, tmp_path, DATABASE_URL="dairy://").run("check")

    assert 78 == done.returncode
    assert "known schemes: diary, " in done.stderr
