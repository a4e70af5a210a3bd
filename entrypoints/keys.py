"""The command line: `scribes-auth keys`."""

from collections.abc import Callable
from datetime import datetime, timedelta

from core.keyring import KeyState, KeyStatus, Ring

COLUMNS = ("kid", "algorithm", "state", "since", "until", "version")
NOTHING = "Nothing is to be done. To rotate, add a new version of the secret."


def table(ring: Ring) -> list[str]:
    """Return a line for each key, newest first, below the names of the columns."""
    rows = [COLUMNS, *(_row(status) for status in ring.keys)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def steps(ring: Ring, token_life: timedelta) -> list[str]:
    """Return what is safe to do next, and when."""
    found = [STEPS[it.state](it, token_life) for it in ring.keys if it.state in STEPS]
    return found or [NOTHING]


def _row(it: KeyStatus) -> tuple[str, ...]:
    key = it.key
    times = (_time(it.since), _time(it.until))
    return (key.kid, key.algorithm, it.state, *times, it.version)


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else "-"


def _pending(it: KeyStatus, _: timedelta) -> str:
    return f"Wait until {_time(it.until)}: then version {it.version} signs."


def _verifying(it: KeyStatus, token_life: timedelta) -> str:
    if it.until is None:
        hours = token_life / timedelta(hours=1)
        return (
            f"Remove version {it.version} when every replica has run for {hours:g} hours"
            " with the newer one first: tokens that it signed are alive till then."
        )
    return (
        f"Wait until {_time(it.until)}: tokens that version {it.version} signed are"
        " alive till then. Disabling it now ends their sessions: only in an emergency."
    )


def _retired(it: KeyStatus, _: timedelta) -> str:
    return f"Disable version {it.version}: nothing that it signed is alive."


STEPS: dict[KeyState, Callable[[KeyStatus, timedelta], str]] = {
    KeyState.PENDING: _pending,
    KeyState.VERIFYING: _verifying,
    KeyState.RETIRED: _retired,
}
