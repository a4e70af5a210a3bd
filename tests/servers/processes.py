"""Servers in processes of their own: start, crash, start again, stop, never a survivor."""

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import ClassVar, Self, TypeVar

from tests.servers import LOOPBACK

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))

PORTS = range(20_000 + WORKER % 12 * 1000, 21_000 + WORKER % 12 * 1000)
"""Of this test process alone, and below the range that Linux hands to outgoing connections
(32768 and up by default): nobody takes the port of a server before it is started, or again."""

_ports = cycle(random.sample(PORTS, len(PORTS)))

EXEC_CHILD = Path(__file__).with_name("exec_child.py")
START_SECONDS = 30.0
STOP_SECONDS = 10.0

# Linux sends the parent-death signal when the *thread* that forked the child ends. So one
# thread that lives as long as the interpreter forks them all.
_forking_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="fork")


class ServerStartError(Exception):
    """A server did not start; the message carries the end of its log."""


@dataclass(frozen=True)
class Owner:
    """The user that a server runs as."""

    user_id: int
    group_id: int

    def give(self, path: Path) -> None:
        """Hand a file or directory to this user."""
        os.chown(path, self.user_id, self.group_id)


def unprivileged_owner() -> Owner | None:
    """Return the user for servers that refuse to run as root; None if we are not root."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Owner(nobody.pw_uid, nobody.pw_gid)


def child_command(
    command: Sequence[str | Path],
    owner: Owner | None = None,
    death_signal: signal.Signals = signal.SIGKILL,
) -> list[str]:
    """Wrap a command so that it runs as the owner and ends with this process."""
    user_id, group_id = (owner.user_id, owner.group_id) if owner else (-1, -1)
    numbers = (os.getpid(), int(death_signal), user_id, group_id)
    return [sys.executable, "-I", "-S", *map(str, (EXEC_CHILD, *numbers, *command))]


def free_port() -> int:
    """
    Return a TCP port on the loopback interface that nobody listens on now.

    It is the one that was not returned for the longest time: where a test relies on nobody's
    listening, a server that it starts does not.
    """
    return next(filter(_is_free, _ports))


def _is_free(port: int) -> bool:
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


class ServerProcess(ABC):
    """
    A server with a temporary directory and a free port of its own.

    ``start`` and ``kill`` block: in async tests ``await asyncio.to_thread(server.start)``.
    """

    name: ClassVar[str]
    death_signal: ClassVar[signal.Signals] = signal.SIGKILL
    """What it gets when this process ends (on Linux)."""
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    passing_troubles: ClassVar[tuple[str, ...]] = ("ddress already in use",)
    """What in its log makes another try worth while."""

    def __init__(self) -> None:
        self.host = LOOPBACK
        self.port = free_port()
        self.directory = Path(tempfile.mkdtemp(prefix=f"{self.name}-"))
        self.owner: Owner | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._launches = 0
        self._was_ready = False

    @abstractmethod
    def command(self) -> Sequence[str | Path]:
        """Return the command line."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Tell whether our own process, and no other, answers on the port."""

    def environment(self) -> Mapping[str, str] | None:
        """Return the environment of the process; None means ours."""
        return None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process of the latest start."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._process

    @property
    def log(self) -> str:
        """What the process of the latest start printed."""
        file = self._log_file
        return file.read_text(errors="replace") if file.exists() else ""

    @property
    def _log_file(self) -> Path:
        return self.directory / f"server-{self._launches}.log"

    def start(self) -> Self:
        """Start and wait until ready. After kill() it comes back on the same port."""
        deadline = time.monotonic() + START_SECONDS
        while not self._launch(deadline):
            if not any(trouble in self.log for trouble in self.passing_troubles):
                raise self._start_error("ended at once")
            if not self._was_ready:
                self.port = free_port()
            time.sleep(0.05)
        self._was_ready = True
        return self

    def kill(self) -> None:
        """Crash: SIGKILL, nothing is flushed or tidied up."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End the server and delete its directory; may be repeated."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(self.stop_signal)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _launch(self, deadline: float) -> bool:
        """Run the command once; False if the process ended before it was ready."""
        self._launches += 1
        process = self._process = _forking_thread.submit(self._fork).result()
        while time.monotonic() < deadline:
            if process.poll() is not None:
                return False
            if self.is_ready():
                return True
            time.sleep(0.01)
        self.kill()
        raise self._start_error("was not ready in time")

    def _fork(self) -> subprocess.Popen[bytes]:
        with self._log_file.open("ab") as log:
            return subprocess.Popen(
                child_command(self.command(), self.owner, self.death_signal),
                cwd=self.directory,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal reaches pytest only
            )

    def _start_error(self, trouble: str) -> ServerStartError:
        return ServerStartError(f"{self.name} {trouble}: {self.log[-2000:]}")


AServer = TypeVar("AServer", bound=ServerProcess)


@contextmanager
def running(server: AServer) -> Iterator[AServer]:
    """Start a server, and stop it in the end."""
    try:
        yield server.start()
    finally:
        server.stop()
