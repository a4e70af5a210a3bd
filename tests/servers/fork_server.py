"""
Import the program once; then a copy of this process becomes it, for each start asked for.

    python -m tests.servers.fork_server SOCKET

A start costs mostly imports, the names of devices and how settings are read. A copy has them,
and all else of its own: environment, directory, output, session, and the end that a process
started by itself would have. Nothing else happens before, so there is nothing else that copies
could share.
"""

import gc
import json
import os
import runpy
import socket
import sys
from importlib import import_module
from typing import Any

from adapters.devices.user_agents import parser
from config.settings import Settings

PROGRAM = "entrypoints.cli"
IMPORTED = (
    "adapters.identity.cognito.pool",
    "adapters.rate_limit.redis",
    "adapters.storage.mongo",
    "adapters.storage.postgres",
    "adapters.storage.sqlite",
    "email_validator",
    "entrypoints.cli.app",
    "entrypoints.cli.checks",
    "entrypoints.cli.transfers",
    "entrypoints.http.server",
    "uvicorn.loops.uvloop",
)
LONGEST = 1 << 20
OUTPUTS = (1, 2)


def main() -> None:
    """End as the program does, in each copy; here, when nobody can ask any more."""
    for name in IMPORTED:
        import_module(name)
    parser()
    Settings.model_rebuild()  # else each copy does when it reads them
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as asking:
        order = _next_order(asking)
    if order:
        _become(**order)


def _next_order(asking: socket.socket) -> dict[str, Any] | None:
    """Return what to become, in a copy of this process."""
    while message := _received(asking):
        request, files = message
        if "pid" in request:
            _answer(asking, _exit_code(request["pid"]))
        elif os.fork() == 0:
            os.setsid()
            for number, file in zip(OUTPUTS, files, strict=True):
                os.dup2(file, number)
                os.close(file)
            _answer(asking, os.getpid())
            return request
        for file in files:
            os.close(file)
    return None


def _received(asking: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    text, files, _, _ = socket.recv_fds(asking, LONGEST, len(OUTPUTS))
    while text and not text.endswith(b"\n"):
        text += asking.recv(LONGEST)
    return (json.loads(text), files) if text else None


def _answer(asking: socket.socket, number: int | None) -> None:
    asking.sendall(json.dumps(number).encode() + b"\n")


def _exit_code(pid: int) -> int | None:
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _become(directory: str, environment: dict[str, str], arguments: list[str]) -> None:
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[0] = directory
    sys.argv[1:] = arguments
    runpy.run_module(PROGRAM, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
