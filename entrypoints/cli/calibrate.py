"""The command line: `scribes-auth calibrate`, for who chooses what a password costs."""

import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from entrypoints.cli.arguments import AsJson
from entrypoints.cli.output import Table, document, tell

LOWEST, HIGHEST = 10, 16
"""What production takes at least, and the setting at most."""

SHOWN = 2
"""How many times the target the dearest may take that is measured."""


@dataclass(frozen=True, slots=True)
class Measured:
    """``log_ins_per_second`` is what all cores do, with nothing else to do."""

    bcrypt_rounds: int
    milliseconds: float
    log_ins_per_second: float


def calibrate(
    *,
    target: Annotated[
        int, typer.Option(min=1, max=10_000, help="Milliseconds for a password")
    ] = 250,
    as_json: AsJson = False,
) -> None:
    """Measure what a password costs on this machine, and suggest BCRYPT_ROUNDS."""
    measured = list(_measured(target))
    good = [it for it in measured if it.milliseconds <= target]
    best = max(good, key=lambda it: it.bcrypt_rounds, default=measured[0])
    if as_json:
        told = [asdict(it) for it in measured]
        suggested = best.bcrypt_rounds
        document({"target": target, "suggested": suggested, "measured": told})
        return
    table = Table(("BCRYPT_ROUNDS", "milliseconds", "log-ins a second"))
    table.show(
        (it.bcrypt_rounds, f"{it.milliseconds:.0f}", f"{it.log_ins_per_second:.1f}")
        for it in measured
    )
    if good:
        tell(f"Suggested: BCRYPT_ROUNDS={best.bcrypt_rounds}")
    else:
        tell(f"None takes {target} ms; BCRYPT_ROUNDS={LOWEST} is the least there is.")


def _measured(target: int) -> Iterator[Measured]:
    # Here, so that the other commands start without it.
    from config.adapters import password_seconds  # noqa: PLC0415
    from config.cores import usable_cores  # noqa: PLC0415

    least = password_seconds(LOWEST)
    # Each costs twice the one before.
    costs = [
        it
        for it in range(LOWEST, HIGHEST + 1)
        if it == LOWEST or 1000 * least * 2 ** (it - LOWEST) <= SHOWN * target
    ]
    work = sum(2**it for it in costs)
    with typer.progressbar(length=work, label="Hashing", file=sys.stderr) as bar:
        for cost in costs:
            seconds = password_seconds(cost)
            bar.update(2**cost)
            yield Measured(
                cost, round(1000 * seconds, 1), round(usable_cores() / seconds, 1)
            )
