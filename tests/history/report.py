"""What is told of a run, and of what can't be explained."""

from collections.abc import Iterator

from tests.history.checker import Unexplained
from tests.history.model import State
from tests.history.run import Outcome

MOST_STATES = 5
MOST_FAULTS = 12


def summary(outcome: Outcome) -> str:
    """Return a line."""
    return (
        f"seed {outcome.seed}: {sum(outcome.operations.values())} operations"
        f" on {outcome.accounts} accounts, {outcome.refused} refused,"
        f" {outcome.unknown} unknown, {len(outcome.faults)} faults,"
        f" {len(outcome.anomalies)} anomalies"
    )


def complaint(outcome: Outcome) -> str:
    """Return what is wrong with a run, shortest history first; empty if nothing is."""
    lines = [f"no fault excuses: {bug}" for bug in outcome.bugs]
    found = sorted(outcome.anomalies, key=lambda it: len(it.history))
    if found:
        lines += _lines(outcome, found[0])
    return "\n".join([summary(outcome), *lines]) if lines else ""


def _lines(outcome: Outcome, anomaly: Unexplained) -> Iterator[str]:
    yield "What happened to one account, until what no order explains:"
    yield from map(str, anomaly.history)
    yield f"Not explained: {anomaly.operation}"
    states = sorted(map(_described, anomaly.before))
    yield f"It could have been any of {len(states)}:"
    yield from states[:MOST_STATES]
    yield "The latest faults before:"
    end = anomaly.operation.ended or 0
    before = [fault for fault in outcome.faults if int(fault.split()[0]) < end]
    yield from before[-MOST_FAULTS:]


def _described(state: State) -> str:
    sessions = ", ".join(
        sorted(f"{it.id[:6]}.{it.generation}" for it in state.sessions)
    )
    proved = "verified" if state.is_verified else "unverified"
    return (
        f"  user {state.user} {proved}, password {state.password},"
        f" sessions [{sessions}], reset {state.reset or '-'},"
        f" confirm {state.confirm or '-'}"
    )
