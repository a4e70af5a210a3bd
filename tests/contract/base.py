"""
What the contract suites have in common.

A suite is a class; each test in it states one law and takes one argument, the
``subject``. An adapter's test is a subclass that gives the fixture:

    class TestMemoryStorage(StorageContract):
        @pytest.fixture
        async def subject(self) -> AsyncIterator[Storage]: ...
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest


class Contract:
    """The laws of a port. A subclass may add tests; it can't weaken one it inherits."""

    def __init_subclass__(cls) -> None:
        inherited = {name for base in cls.__mro__[1:] for name in vars(base)}
        if weakened := {n for n in vars(cls) if n.startswith("test_")} & inherited:
            raise TypeError(f"{cls.__name__} replaces inherited laws: {weakened}")

    @classmethod
    def laws(cls) -> list[str]:
        """Return the names of the tests."""
        return sorted(name for name in dir(cls) if name.startswith("test_"))


async def broken_laws(
    contract: type[Contract],
    make: Callable[[], AbstractAsyncContextManager[Any]],
    laws: Iterable[str] | None = None,
) -> set[str]:
    """Return the laws, of all or of some, that an adapter breaks; each has a fresh one."""
    broken = set()
    for law in contract.laws() if laws is None else laws:
        async with make() as subject:
            try:
                await getattr(contract(), law)(subject)
            except (Exception, pytest.fail.Exception):  # noqa: BLE001 - broken in any way
                broken.add(law)
    return broken
