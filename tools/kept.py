"""What tests fetch or build once, kept in the user's cache for all that test later."""

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def cache() -> Path:
    """Return the directory in which all of it is; it may be removed at any time."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "scribes-auth-tests"


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """Return the directory of this name, which ``make`` fills the first time, or fails."""
    home = cache() / name
    if not home.exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home.parent) as place:
            draft = Path(place, "draft")
            draft.mkdir()
            make(draft)
            with suppress(OSError):  # somebody else was quicker
                draft.rename(home)
    return home
