"""Limits as operators write them: `5/minute`, or several, `5/minute;20/hour`."""

import re
from datetime import timedelta

from core.model import Limit

WINDOWS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
LIMIT = re.compile(r"\s*(\d{1,6})\s*/\s*(second|minute|hour|day)\s*", re.ASCII)


def limit_text(value: str) -> str:
    """Return the text if it can be read; raises ValueError that says what can't be."""
    parts = value.split(";")
    units = set()
    for place, part in enumerate(parts, 1):
        match = LIMIT.fullmatch(part)
        if match is None or int(match[1]) == 0:
            which = f"; part {place} of {len(parts)} does not" if len(parts) > 1 else ""
            raise ValueError(
                "must read like 5/minute or 5/minute;20/hour, with a number from 1 to"
                f" 999999 and second, minute, hour or day{which}"
            )
        if match[2] in units:
            raise ValueError(f"has two limits by the {match[2]}; write one")
        units.add(match[2])
    return value


def limits(bucket: str, text: str) -> tuple[Limit, ...]:
    """Return the limits that the text says, each named after its bucket and window."""
    return tuple(
        Limit(f"{bucket}/{unit}", int(quota), timedelta(seconds=WINDOWS[unit]))
        for quota, unit in LIMIT.findall(text)
    )
