"""Processes of the program that are copies of one which has imported it."""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from config.settings import Settings

HERE = Path(__file__)
IMPORTABLE = os.pathsep.join(map(str, (HERE.with_name("lean"), HERE.parents[2])))

UNDERSTOOD = {
    *(name.upper() for name in Settings.model_fields),
    *("ADMIN_PASSWORD", "USER_PASSWORD", "TRANSFER_FROM", "TRANSFER_TO"),
    *("AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL", "AWS_SECRET_ACCESS_KEY"),
    "AWS_EC2_METADATA_DISABLED",
    *("PATH", "PYTHONPATH", "TMPDIR"),
}
"""Variables that count when the program runs. Any other may do so when Python starts or a
library is imported: who has one is not copied."""


class Process(Protocol):
    """As much of a process as tests need; it may be a copy, or a `subprocess.Popen`."""

    pid: int

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int) -> None: ...
    def kill(self) -> None: ...


class Copy:
    """What `subprocess.Popen` is to a child, to a child of the fork server."""

    def __init__(self, pid: int, server: "ForkServer") -> None:
        self.pid = pid
        self._server = server
        self._code: int | None = None

    def poll(self) -> int | None:
        if self._code is None:
            self._code = self._server.ask({"pid": self.pid})
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        deadline = time.monotonic() + timeout if timeout else None
        while (code := self.poll()) is None:
            if deadline and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            time.sleep(0.01)
        return code

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class ForkServer:
    """The process that is copied; its own environment has nothing of this machine's."""

    def __init__(self) -> None:
        self._asking, theirs = socket.socketpair()
        self._lock = Lock()
        program = (sys.executable, "-m", "tests.servers.fork_server")
        with theirs:
            self._process = subprocess.Popen(
                [*program, str(theirs.fileno())],
                env={"PATH": os.environ["PATH"], "PYTHONPATH": IMPORTABLE},
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def start(
        self,
        arguments: Sequence[str],
        directory: Path,
        environment: Mapping[str, str],
        outputs: Sequence[int],
    ) -> Copy:
        """Return a copy that runs the program with these arguments."""
        order = {
            "arguments": arguments,
            "directory": str(directory),
            "environment": environment,
        }
        pid = self.ask(order, outputs)
        assert pid
        return Copy(pid, self)

    def ask(self, message: Mapping[str, Any], files: Sequence[int] = ()) -> int | None:
        """Return the answer; tests may ask from several threads."""
        with self._lock:
            sent = json.dumps(message).encode() + b"\n"
            done = socket.send_fds(self._asking, [sent], files)
            self._asking.sendall(sent[done:])
            answer = b""
            while not answer.endswith(b"\n"):
                if not (more := self._asking.recv(64)):
                    raise RuntimeError("the fork server has ended")
                answer += more
        number: int | None = json.loads(answer)
        return number

    def stop(self) -> None:
        """Let it end; copies go on."""
        self._asking.close()
        self._process.wait()


@cache
def fork_server() -> ForkServer:
    """Return the one of this test process."""
    server = ForkServer()
    atexit.register(server.stop)
    return server
