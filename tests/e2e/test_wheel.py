import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.http.api import Api, Person
from tests.servers.service import CHECKOUT, Service

PACKAGES = ("core", "adapters", "config", "entrypoints")
INSTALL_SECONDS = 300


def run(*command: str | Path, cwd: Path) -> None:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )
    assert 0 == done.returncode, done.stderr


def tracked(*paths: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *paths],  # noqa: S607 - whichever git there is
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = [Path(name) for name in listed.stdout.split("\0") if name]
    return [file for file in files if (CHECKOUT / file).exists()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it from what the repository tracks, and nothing else that lies about."""
    source = tmp_path_factory.mktemp("source")
    for file in tracked():
        (source / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(CHECKOUT / file, source / file)
    target = tmp_path_factory.mktemp("wheel")
    run(
        sys.executable,
        "-m",
        "hatchling",
        "build",
        "-t",
        "wheel",
        "-d",
        target,
        cwd=source,
    )
    (built,) = target.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel where nothing else of ours is; return where its programs are."""
    directory = tmp_path_factory.mktemp("environment")
    programs = directory / "bin"
    uv = (sys.executable, CHECKOUT / "tools" / "installer.py", "uv")
    run(*uv, "venv", "--python", sys.executable, directory, "--clear", cwd=directory)
    run(
        *(*uv, "pip", "install", "--python", programs / "python"),
        *(
            "-c",
            CHECKOUT / "constraints.txt",
            f"{wheel}[smtp,postgres,mongo,redis,aws,gcp,azure,otel]",
        ),
        cwd=directory,
    )
    return programs


def test_the_wheel_has_every_file_of_the_packages_and_no_other(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {
            name: archive.read(name)
            for name in archive.namelist()
            if ".dist-info/" not in name
        }

    assert {
        file.as_posix(): (CHECKOUT / file).read_bytes() for file in tracked(*PACKAGES)
    } == packed


def test_the_installed_wheel_serves(environment: Path, tmp_path: Path) -> None:
    program = [str(environment / "scribes-auth")]
    person = Person.new()

    with Service(tmp_path, program=program) as service, service.client() as client:
        api = Api(client)
        registered = api.register(person)
        tokens = api.session(person)
        token = service.mailed_token(person.email, "confirm")
        paths = ("/docs", f"/verify-email?token={token}")
        pages = [client.get(path).status_code for path in paths]
        code = service.stop()

    assert 201 == registered.status_code
    assert 1800 == tokens["expires_in"]
    assert [200, 200] == pages
    assert 0 == code


def test_every_module_of_the_installed_wheel_can_be_imported(
    environment: Path, tmp_path: Path
) -> None:
    modules = [
        ".".join(file.with_suffix("").parts).removesuffix(".__init__")
        for file in tracked(*PACKAGES)
        if file.suffix == ".py"
    ]
    imports = "\n".join(f"import {module}" for module in modules)

    run(environment / "python", "-I", "-W", "error", "-c", imports, cwd=tmp_path)

    assert len(modules) > 30
