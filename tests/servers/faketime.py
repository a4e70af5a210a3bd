"""The clock of a process, set from outside by libfaketime; nothing in the process knows."""

from collections.abc import Mapping
from pathlib import Path

from tests.servers.debian import unpack

LAG = 2.5
"""Seconds until a process goes by a new offset: it looks once a second, at whole ones."""


class FakeTime:
    """The offset of one process, in seconds; only its wall clock is wrong."""

    def __init__(self, directory: Path) -> None:
        self._file = directory / "clock"
        root = directory / "faketime"
        unpack("libfaketime", root)
        self._library = next(root.glob("**/libfaketimeMT.so.1"))
        self.set(0.0)

    @property
    def environment(self) -> Mapping[str, str]:
        """What the process has to be started with."""
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # A mend for an old libc, which here makes threads wait for seconds.
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        }

    def set(self, offset: float) -> None:
        """Set the clock fast, or slow."""
        draft = self._file.with_suffix(".draft")
        draft.write_text(f"{offset:+}\n")
        draft.rename(self._file)
