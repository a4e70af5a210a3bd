from collections.abc import Callable

import pytest

from adapters.storage.memory import MemoryStorage
from tests.adapters.broken_storage import storage_of
from tests.history import broken
from tests.history.on_memory import run_in_process
from tests.history.report import complaint
from tests.history.run import Outcome

SECONDS = 0.8
"""Of virtual time; about a thousand operations."""

SEEDS = ("2", "4", "5", "6", "7")
"""Tried until one catches: who meets whom changes with every step that the core takes."""

OFTEN = 6
"""As often as all other troubles together."""

FAULTY = [
    broken.ForgetsAChange,
    broken.AdvancesForRacers,
    broken.OpensForAnyPassword,
    broken.SpendsAResetTwice,
    broken.AddsForRacers,
    broken.RevivesSessions,
    broken.LooksTwice,
]


def with_part(fault: type) -> Callable[[str], Outcome]:
    return lambda seed: run_in_process(seed, SECONDS, storage_of(fault))


def with_a_follower(seed: str) -> Outcome:
    return run_in_process(seed, SECONDS, *broken.leader_and_follower())


def with_another_that_takes_over(seed: str) -> Outcome:
    storage = MemoryStorage.from_url("memory://")
    fault = broken.loses_the_latest(storage.users.tables)
    # Troubles come one after another: it takes a while until this one has its turn.
    return run_in_process(seed, 2 * SECONDS, storage, faults=OFTEN * [fault])


WRONG: dict[str, Callable[[str], Outcome]] = {
    **{fault.__name__: with_part(fault) for fault in FAULTY},
    "a follower": with_a_follower,
    "another takes over": with_another_that_takes_over,
}


EACH_TIME = {"AdvancesForRacers", "RevivesSessions", "a follower"}
"""What tokens say, what a storage does, and what replicas see of each other."""


@pytest.mark.parametrize(
    "run",
    [
        pytest.param(run, id=name, marks=[] if name in EACH_TIME else pytest.mark.soak)
        for name, run in WRONG.items()
    ],
)
def test_a_wrong_storage_is_caught(run: Callable[[str], Outcome]) -> None:
    outcome = next((it for it in map(run, SEEDS) if it.anomalies), None)

    assert outcome
    told = complaint(outcome)
    assert f"seed {outcome.seed}" in told
    assert "Not explained" in told


def test_a_run_in_the_process_is_the_same_each_time() -> None:
    first, again = (run_in_process(SEEDS[0], SECONDS) for _ in range(2))

    assert first == again
    assert "" == complaint(first)
