"""Keeps libraries from loading whatever else they find that they could work with."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(*modules: str) -> Iterator[None]:
    """Have imports of these fail, for as long as it lasts, unless they are loaded already."""
    absent = [name for name in modules if name not in sys.modules]
    # None is how the import system spells that there is no such module.
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]
