import os
import ssl
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.servers import LOOPBACK
from tests.servers.certificates import LocalAuthority
from tests.servers.service import CHECKOUT

NAME = "scribes_probe"
WHEEL = f"{NAME}-1.0-py3-none-any.whl"
METADATA = {
    f"{NAME}.py": "",
    f"{NAME}-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1.0\n",
    f"{NAME}-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    f"{NAME}-1.0.dist-info/RECORD": "",
}
SECONDS = 60
INDEX = "index-url"


@dataclass(frozen=True)
class Company:
    """A package index over HTTPS, by an authority that only this company knows."""

    index: str
    authority: Path
    directory: Path

    def install(self, program: str, pip_conf: str, **variables: str) -> str:
        """Install the package as the Makefile would; return what was said if it failed."""
        configuration = self.directory / "pip.conf"
        configuration.write_text(pip_conf)
        target = self.directory / "installed"
        words = "pip install" if program == "uv" else "install"
        done = subprocess.run(
            [
                *(sys.executable, str(CHECKOUT / "tools" / "installer.py"), program),
                *(*words.split(), "--quiet", "--target", str(target), NAME),
            ],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.directory),
                "PIP_CONFIG_FILE": str(configuration),
                "UV_CACHE_DIR": str(self.directory / "cache"),
                "PIP_RETRIES": "0",
                "UV_HTTP_RETRIES": "0",
                **variables,
            },
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return "" if (target / f"{NAME}.py").exists() else done.stderr


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    pages = tmp_path / "pages" / "simple" / "scribes-probe"
    pages.mkdir(parents=True)
    with zipfile.ZipFile(pages / WHEEL, "w") as wheel:
        for name, text in METADATA.items():
            wheel.writestr(name, text)
    (pages / "index.html").write_text(f"<a href='{WHEEL}'>{WHEEL}</a>")
    authority = LocalAuthority()
    (tmp_path / "authority.pem").write_bytes(authority.pem)
    handler = partial(Quiet, directory=tmp_path / "pages")
    with ThreadingHTTPServer((LOOPBACK, 0), handler) as server:
        context: ssl.SSLContext = authority.server_context("localhost")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, daemon=True).start()
        index = f"https://localhost:{server.server_port}/simple/"
        yield Company(index, tmp_path / "authority.pem", tmp_path)
        server.shutdown()


@pytest.mark.parametrize("program", ["pip", "uv"])
def test_what_only_pips_configuration_names_is_used(
    company: Company, program: str
) -> None:
    pip_conf = f"[global]\n{INDEX} = {company.index}\ncert = {company.authority}\n"

    assert "" == company.install(program, pip_conf)


@pytest.mark.parametrize("program", ["pip", "uv"])
def test_an_authority_of_the_systems_is_trusted(company: Company, program: str) -> None:
    named = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": company.index}
    # Where OpenSSL is told that the system keeps its authorities.
    system = {"SSL_CERT_FILE": str(company.authority)}

    assert "" != company.install(program, "", **named)
    assert "" == company.install(program, "", **named, **system)


def test_pips_variables_count_more_than_its_files(company: Company) -> None:
    elsewhere = f"[global]\n{INDEX} = https://localhost:9/simple/\n"

    assert "" == company.install(
        "uv", elsewhere, PIP_INDEX_URL=company.index, PIP_CERT=str(company.authority)
    )


def test_a_second_index_has_what_the_first_lacks(company: Company) -> None:
    empty = company.directory / "empty"
    empty.mkdir()
    pip_conf = (
        f"[global]\n{INDEX} = {empty.as_uri()}\nextra-{INDEX} =\n"
        f"    file:///nowhere/simple\n    {company.index}\ncert = {company.authority}\n"
    )

    assert "" == company.install("uv", pip_conf)


def test_uvs_own_variables_stay(company: Company) -> None:
    pip_conf = f"[global]\n{INDEX} = {company.index}\ncert = {company.authority}\n"

    refused = company.install(
        "uv", pip_conf, UV_DEFAULT_INDEX="https://localhost:9/simple/"
    )

    assert "localhost:9" in refused
