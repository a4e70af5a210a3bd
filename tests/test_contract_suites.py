"""That every law is run: a suite that is new is found by itself, and one that is lost, told."""

import re
from importlib import import_module
from inspect import getmembers, isclass
from pathlib import Path
from pkgutil import iter_modules

import pytest

import tests.contract
from tests.contract.base import Contract

SUITES = [f"tests.contract.{it.name}" for it in iter_modules(tests.contract.__path__)]
ADAPTERS = Path(__file__).parent / "adapters"
TEST = re.compile(r"^class Test\w+\(([\w, ]+)\):", re.MULTILINE)


def classes(suite: str) -> dict[str, type]:
    """Return the classes that a module defines."""
    found = getmembers(import_module(suite), isclass)
    return {name: it for name, it in found if it.__module__ == suite}


def states_laws(it: type) -> bool:
    return any(name.startswith("test_") for name in vars(it))


@pytest.mark.parametrize("suite", SUITES)
def test_every_suite_tells_what_it_compared(suite: str) -> None:
    """Outside of test modules pytest explains an assertion only where it is asked to."""
    assert "@pytest_ar" in vars(import_module(suite))


@pytest.mark.parametrize("suite", SUITES)
def test_every_law_is_run_on_an_adapter(suite: str) -> None:
    bases = ", ".join(TEST.findall("\n".join(map(Path.read_text, _tests()))))
    run = set(re.findall(r"\w+", bases))
    contracts = {
        name: it
        for module in SUITES
        for name, it in classes(module).items()
        if issubclass(it, Contract) and name in run
    }

    lost = {
        name
        for name, it in classes(suite).items()
        if states_laws(it)
        and not any(issubclass(contract, it) for contract in contracts.values())
    }

    assert set() == lost


def _tests() -> list[Path]:
    return [*ADAPTERS.glob("test_*.py"), *(ADAPTERS.parent / "unit").glob("test_*.py")]
