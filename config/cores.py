"""How much of the machine is ours."""

import math
import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def usable_cores(cgroup: Path = CGROUP) -> int:
    """
    Return how many cores this process may keep busy, at least one.

    A container's share of time counts, too (``cpu.max`` of cgroup v2, ``cpu.cfs_quota_us`` of
    v1): who has used it up before its period is over stands still for the rest of it.
    """
    affinity = getattr(os, "sched_getaffinity", None)  # not everywhere
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    share = _share(cgroup)
    return cores if share is None else max(1, min(cores, math.ceil(share)))


def _share(cgroup: Path) -> float | None:
    """Return the share of time in cores, None if there is no limit that we can read."""
    v1 = cgroup / "cpu"
    try:
        if (cgroup / "cpu.max").exists():
            quota, period = (cgroup / "cpu.max").read_text().split()
        else:
            quota = (v1 / "cpu.cfs_quota_us").read_text()
            period = (v1 / "cpu.cfs_period_us").read_text()
        share = int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):  # "max" is no number
        return None
    return share if share > 0 else None
