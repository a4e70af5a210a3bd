"""What a server and its children have used so far, as Linux tells."""

import os
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Usage:
    """Of a process and all below it."""

    cpu_seconds: float
    resident_bytes: int


def of(pid: int) -> Usage:
    """Return what a process uses; shared pages count for each that has them."""
    everybody = dict(_processes())
    family = {pid}
    while (
        more := {it for it, (parent, _) in everybody.items() if parent in family}
        - family
    ):
        family |= more
    used = [usage for it, (_, usage) in everybody.items() if it in family]
    return Usage(
        sum(it.cpu_seconds for it in used), sum(it.resident_bytes for it in used)
    )


def _processes() -> list[tuple[int, tuple[int, Usage]]]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            # "pid (command) state parent ...", and the command may contain blanks
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        cpu = (int(fields[11]) + int(fields[12])) / TICKS
        usage = Usage(cpu, int(fields[21]) * PAGE)
        found.append((int(status.parent.name), (int(fields[1]), usage)))
    return found
