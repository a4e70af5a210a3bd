"""What import-linter can't say about how the parts hang together."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from config.adapters import ADAPTERS
from core import errors
from entrypoints.http.problems import STATUS

ROOT = Path(__file__).parents[1]
PRODUCT = ("core", "adapters", "config", "entrypoints")

NOT_FOR_THE_CORE = {
    "time", "secrets", "random", "uuid", "os", "sys", "socket", "subprocess",
    "threading", "sqlite3", "tempfile", "shutil", "pathlib",
}  # fmt: skip
"""Of the standard library; clock, randomness and the outside world have ports."""

SUITES = {
    "storage": "StorageContract",
    "rate_limit": "RateLimiterContract",
    "secrets": "SecretsContract",
}

PLACES = re.compile(r"/(?:home|root|work|Users)/\w|[A-Z]:\\\w")
REGISTRIES = re.compile(
    r"(?:pypi|pythonhosted|npmjs|yarnpkg|crates|rubygems|jfrog|conda|anaconda)"
    r"[.](?:org|com|io)\b|proxy[.]golang|(?:index|registry)[-]url\s*=",
    re.IGNORECASE,
)

IMPORT_ALL = """
import importlib, os, pkgutil, sys

import azure.identity, urllib3  # vendors that try the machine at import: not ours to mend

os.environ.clear()
FORBIDDEN = (
    "os.mkdir", "socket.bind", "socket.connect", "sqlite3.connect", "subprocess.Popen"
)

def watch(event, arguments):
    writes = event == "open" and set("wax+") & set(arguments[1] or "")
    if event in FORBIDDEN or writes:
        raise SystemExit(f"{event}{arguments} at import")

sys.addaudithook(watch)
count = 0
for name in sys.argv[1:]:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, f"{name}."):
        importlib.import_module(module.name)
        count += 1
print(count)
"""


def _modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def _repository() -> Iterator[Path]:
    """Return the files that are or could be committed."""
    patterns = [".git", *(ROOT / ".gitignore").read_text().replace("/", "").split()]
    for folder, folders, files in os.walk(ROOT):
        for names in (folders, files):
            names[:] = [n for n in names if not any(fnmatch(n, p) for p in patterns)]
        yield from (Path(folder) / file for file in files)


def _imports(module: Path) -> set[str]:
    """Return the top-level names that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return {name.partition(".")[0] for name in found}


def _subclasses(tree: type[Exception]) -> set[type[Exception]]:
    return {tree}.union(*(_subclasses(branch) for branch in tree.__subclasses__()))


def test_the_packages_are_these() -> None:
    packages = {init.parent.name for init in ROOT.glob("*/__init__.py")}

    assert {*PRODUCT, "tests", "bench"} == packages


@pytest.mark.parametrize("module", _modules("core"), ids=lambda path: path.stem)
def test_the_core_stands_on_the_standard_library_alone(module: Path) -> None:
    allowed = (sys.stdlib_module_names - NOT_FOR_THE_CORE) | {"core"}

    assert set() == _imports(module) - allowed


@pytest.mark.parametrize("module", _modules("core"), ids=lambda path: path.stem)
def test_the_core_asks_its_clock_for_the_time(module: Path) -> None:
    code = ast.unparse(ast.parse(module.read_text()))

    assert not re.findall(r"\bdate(?:time)?\.(?:now|utcnow|today)\b", code)


def test_every_refusal_has_a_status_and_every_status_a_refusal() -> None:
    assert _subclasses(errors.AuthError) - {errors.AuthError} == set(STATUS)


def test_every_refusal_has_a_code_of_its_own() -> None:
    codes = [refusal.code for refusal in STATUS]

    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("port", "adapter"),
    [
        pytest.param(port, adapter, id=scheme)
        for port, schemes in ADAPTERS.items()
        for scheme, adapter in schemes.items()
    ],
)
def test_every_scheme_has_a_contract_test(port: str, adapter: str) -> None:
    suite = re.compile(rf"^class Test\w+\({SUITES[port]}\):", re.MULTILINE)
    name = re.compile(rf"\b{adapter.partition(':')[2]}\b")
    tests = [module.read_text() for module in _modules("tests/adapters")]

    assert [text for text in tests if suite.search(text) and name.search(text)]


def test_importing_does_nothing(tmp_path: Path) -> None:
    outcome = subprocess.run(
        [sys.executable, "-B", "-c", IMPORT_ALL, *PRODUCT],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "" == outcome.stderr
    modules = [module for package in PRODUCT for module in _modules(package)]
    assert len(modules) - len(PRODUCT) == int(outcome.stdout)
    assert not [*tmp_path.iterdir()]


def test_nobody_else_owns_our_names() -> None:
    """Plain names can be another distribution's too; pip would overwrite, and not tell."""
    owners = packages_distributions()

    others = {name: {*owners.get(name, ())} - {"scribes-auth"} for name in PRODUCT}

    assert not {name: found for name, found in others.items() if found}


@pytest.mark.parametrize("pattern", [PLACES, REGISTRIES], ids=["places", "registries"])
def test_the_repository_knows_no_machine_and_no_registry(
    pattern: re.Pattern[str],
) -> None:
    told = {
        str(file.relative_to(ROOT)): found[0]
        for file in _repository()
        if (found := pattern.search(file.read_text(errors="replace")))
    }

    assert {} == told


def test_the_repository_does_not_say_where_it_lies() -> None:
    named = [file for file in _repository() if os.fsencode(ROOT) in file.read_bytes()]

    assert [] == named
