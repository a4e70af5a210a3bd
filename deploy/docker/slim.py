"""
Takes from an installation what the service never reads, and compiles what it imports.

Run by the Python of that installation. Bytecode is trusted as it is: nobody writes to the
image later, and without it every start would compile anew.
"""

import importlib
import pkgutil
import py_compile
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

OURS = ("core", "adapters", "config", "entrypoints")
AWS = {"secretsmanager", "signin", "sso", "sso-oidc", "sts"}
"""The service that is asked, and those that hand out the credentials for it."""

LEXERS = {"__init__", "_mapping", "python", "special"}
"""Of all languages that could be coloured, the one of tracebacks."""

SOURCES = {".c", ".cpp", ".h", ".pxd", ".pyi", ".pyx"}
"""What Python never reads."""


def main() -> None:
    sys.dont_write_bytecode = True
    packages = Path(sysconfig.get_path("purelib"))
    for path in [*unread(packages)]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    strip(packages)
    for file in imported():  # now: what went too far would show
        if file.is_relative_to(packages):
            trusted = py_compile.PycInvalidationMode.UNCHECKED_HASH
            py_compile.compile(str(file), invalidation_mode=trusted, doraise=True)


def imported() -> set[Path]:
    """Import all that is ours whose driver is there; return the files of all that came along."""
    for name in OURS:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not module.name.endswith("__main__"):
                import_if_there(module.name)
    files = (getattr(module, "__file__", None) for module in sys.modules.values())
    return {Path(file) for file in files if file and file.endswith(".py")}


def import_if_there(name: str) -> None:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] in OURS:
            raise


def unread(packages: Path) -> Iterator[Path]:
    """Yield what may go: foreign services, sources in C, all bytecode."""
    yield from packages.rglob("__pycache__")
    yield from (it for it in packages.rglob("*") if it.suffix in SOURCES)
    services = packages / "botocore" / "data"
    yield from (it for it in services.glob("*/") if it.name not in AWS)
    yield from packages.glob("google/cloud/secretmanager_v1beta*")
    lexers = packages.glob("pygments/lexers/*.py")
    yield from (it for it in lexers if it.stem not in LEXERS)


def strip(packages: Path) -> None:
    """Drop what only debuggers read; libraries that a wheel brings were moved, and stay."""
    for library in packages.rglob("*.so"):
        if library.parent.suffix != ".libs":
            # Never in place: an installer may have linked the file to its cache.
            stripped = library.with_suffix(".stripped")
            command = ["strip", "--strip-unneeded", library, "-o", stripped]
            subprocess.run(command, check=True)  # noqa: S603 - found here
            stripped.replace(library)


if __name__ == "__main__":
    main()
