"""The Dockerfile's steps, as far as they go without an engine; test_image.py has one."""

import re
import subprocess
import tomllib
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest

from tests.deploy.dockerfile import DOCKER, Build
from tests.http.api import Api
from tests.servers.service import CHECKOUT, Service

READ_ONLY = Path(__file__).with_name("read_only")
NOWHERE = "/proc/nowhere"
BUILDERS = {"dev", "test"}
CONSTRAINTS = (CHECKOUT / "constraints.txt").read_text()
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    built = Build(tmp_path_factory.mktemp("build"))
    built.run()
    return built


@pytest.mark.soak
def test_it_serves_where_nothing_can_be_written(build: Build, tmp_path: Path) -> None:
    program = [str(build.installation / "bin" / "scribes-auth")]
    settings = {"DATABASE_URL": "memory://", "JWT_SECRET_KEY": "k" * 64}
    nowhere = {"DATA_DIR": NOWHERE, "TMPDIR": NOWHERE, "PYTHONPATH": str(READ_ONLY)}

    with (
        Service(tmp_path, program=program, **settings, **nowhere) as service,
        service.client() as client,
    ):
        api = Api(client)
        tokens = api.session()
        me = api.me(tokens["access_token"])
        healthy = service.run("healthcheck").returncode
        code = service.stop()

    assert 200 == me.status_code
    assert 0 == healthy
    assert 0 == code


@pytest.mark.soak
def test_nothing_but_what_is_pinned_is_in_it(build: Build) -> None:
    pinned = re.findall(r"^([\w.-]+)==(\S+)", CONSTRAINTS, re.MULTILINE)

    found = {(spelt(it.name), it.version) for it in installed(build)}

    assert found - {(spelt(name), version) for name, version in pinned} == {
        ("scribes-auth", PROJECT["version"])
    }


@pytest.mark.soak
def test_a_package_that_is_not_the_pinned_one_is_refused(tmp_path: Path) -> None:
    (pinned,) = re.findall(r"^idna==(?:.*\\\n)+.*\n", CONSTRAINTS, re.MULTILINE)
    other = re.sub(r"[0-9a-f]{64}", "0" * 64, pinned)
    changed = {"constraints.txt": CONSTRAINTS.replace(pinned, other)}

    with pytest.raises(subprocess.CalledProcessError) as refused:
        Build(tmp_path, changed).run()

    assert b"idna" in refused.value.stderr


def test_every_storage_and_cloud_is_in_it_unless_told_otherwise() -> None:
    named = re.search(
        r'^ARG EXTRAS="(.+)"$', (DOCKER / "Dockerfile").read_text(), re.MULTILINE
    )

    assert named
    assert set(PROJECT["optional-dependencies"]) - BUILDERS == set(named[1].split())


@pytest.mark.soak
def test_what_an_adapter_reads_is_left_in_it(build: Build) -> None:
    python = build.installation / "bin" / "python"
    program = (
        "import boto3;"
        "boto3.client('secretsmanager', 'eu-west-1');"
        "boto3.client('sts', 'eu-west-1');"
    )

    subprocess.run([python, "-I", "-W", "error", "-c", program], check=True)


@pytest.mark.soak
def test_what_it_imports_is_compiled(build: Build) -> None:
    ours = build.installation.glob("lib/*/site-packages/core/**/*.py")

    assert [] == [
        it for it in ours if not [*it.parent.glob(f"__pycache__/{it.stem}.*")]
    ]


def installed(build: Build) -> list[Distribution]:
    (packages,) = build.installation.glob("lib/*/site-packages")
    return [*distributions(path=[str(packages)])]


def spelt(name: str) -> str:
    """Return a name in the spelling that counts."""
    return re.sub(r"[-_.]+", "-", name).lower()
