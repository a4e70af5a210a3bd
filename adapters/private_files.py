"""
Files and directories that nobody else on the machine may read.

What is made here is for its owner alone (700 and 600, whatever the umask says). Of what
exists already, others lose their access; a group that an operator let in keeps its own.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path

OTHERS = stat.S_IRWXO
DIRECTORY_MODE = 0o700
FILE_MODE = 0o600


def make_directory(path: Path) -> None:
    """Make a directory, and those above it, for us alone; one that exists stays as it is."""
    if path.is_dir():
        return
    if not path.parent.exists():
        make_directory(path.parent)
    # Another process may be first; what is there and no directory is an OSError.
    path.mkdir(mode=DIRECTORY_MODE, exist_ok=True)


def open_private(path: str) -> int:
    """Return a descriptor that adds to a file, which only its owner may read then."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, FILE_MODE)
    narrow(Path(path))
    return descriptor


def make_file(path: Path) -> None:
    """Make an empty file unless there is one; see that only its owner may read it."""
    # By its name where it exists: to close a file lets go of SQLite's locks on it.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE))
    narrow(path)


def narrow(path: Path) -> None:
    """Take a file or directory of ours from all others, if it is there and they have it."""
    with suppress(OSError):  # away, or on a file system without modes
        found = path.stat()
        is_directory = stat.S_ISDIR(found.st_mode)
        is_plain = is_directory or stat.S_ISREG(found.st_mode)
        if is_plain and _is_ours(found) and found.st_mode & OTHERS:
            path.chmod(DIRECTORY_MODE if is_directory else FILE_MODE)


def _is_ours(found: os.stat_result) -> bool:
    return hasattr(os, "geteuid") and found.st_uid == os.geteuid()
