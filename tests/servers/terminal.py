"""A terminal, and a program that runs on it."""

import fcntl
import os
import pty
import select
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

SECONDS = 30.0
CTRL_C = "\x03"


class Terminal:
    """
    Runs a program whose input, output and errors are one terminal; ends with its block.

    ``output`` is a file to send its output to instead. ``screen`` is all that was shown.
    """

    def __init__(
        self,
        command: Sequence[str],
        directory: Path,
        environment: Mapping[str, str],
        *,
        output: Path | None = None,
    ) -> None:
        self.screen = ""
        self._ours, theirs = pty.openpty()
        file = output.open("wb") if output else None
        self.process = subprocess.Popen(
            command,
            cwd=directory,
            env=environment,
            stdin=theirs,
            stdout=file or theirs,
            stderr=theirs,
            start_new_session=True,
            # So that Ctrl-C reaches it; nothing here runs threads while it is called.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
        )
        os.close(theirs)
        if file:
            file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._ours, keys.encode())

    def wait_for(self, text: str) -> None:
        """Return when the text is on the screen, raise TimeoutError if it never is."""
        deadline = time.monotonic() + SECONDS
        while text not in self.screen:
            if not self._read(deadline):
                raise TimeoutError(f"{text!r} is not in {self.screen!r}")

    def interrupt(self) -> int:
        """
        Press Ctrl-C, again if nothing follows, and return the exit code.

        A signal that arrives just before a program begins to wait is heeded with the next key.
        """
        for _ in range(3):
            self.type(CTRL_C)
            deadline = time.monotonic() + SECONDS / 3
            while self._read(deadline):
                continue
            if time.monotonic() < deadline:
                break
        return self.process.wait(SECONDS)

    def end(self) -> int:
        """Return the exit code, with all that was shown."""
        deadline = time.monotonic() + SECONDS
        while self._read(deadline):
            continue
        return self.process.wait(SECONDS)

    def _read(self, deadline: float) -> bool:
        """Take in what is shown; False when there is no more."""
        ready, _, _ = select.select([self._ours], [], [], deadline - time.monotonic())
        try:
            shown = os.read(self._ours, 65536) if ready else b""
        except OSError:  # as Linux says that the other end is closed
            shown = b""
        self.screen += shown.decode(errors="replace")
        return shown != b""
