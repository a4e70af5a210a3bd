"""A disk on which Python can write nothing, as far as it goes by itself; imported at its start."""

import errno
import os
import sys

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink"}


def refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event in CHANGES:
        _refuse(str(arguments[0]))
    if event == "open":
        path, mode, flags = arguments
        writes = isinstance(flags, int) and flags & WRITING
        if not isinstance(path, int) and writes and not str(path).startswith("/dev/"):
            _refuse(f"{path} ({mode})")


def _refuse(path: str) -> None:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)


sys.addaudithook(refuse)
