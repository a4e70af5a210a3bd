from collections.abc import Callable

import pytest

from adapters.storage.memory import MemoryStorage
from tests.adapters.broken_storage import storage_of
from tests.history import broken
from tests.history.on_memory import run_in_process
from tests.history.report import complaint
from tests.history.run import Outcome

SECONDS = 1.5
"""Of virtual time; some thousand operations."""

SEED = "2"

FAULTY = [
    broken.ForgetsAChange,
    broken.AdvancesForRacers,
    broken.OpensForAnyPassword,
    broken.SpendsAResetTwice,
    broken.AddsForRacers,
    broken.RevivesSessions,
    broken.LooksTwice,
]


def with_part(fault: type) -> Callable[[], Outcome]:
    return lambda: run_in_process(SEED, SECONDS, storage_of(fault))


def with_a_follower() -> Outcome:
    return run_in_process(SEED, SECONDS, *broken.leader_and_follower())


def with_another_that_takes_over() -> Outcome:
    storage = MemoryStorage.from_url("memory://")
    fault = broken.loses_the_latest(storage.users.tables)
    return run_in_process(SEED, SECONDS, storage, faults=[fault])


WRONG: dict[str, Callable[[], Outcome]] = {
    **{fault.__name__: with_part(fault) for fault in FAULTY},
    "a follower": with_a_follower,
    "another takes over": with_another_that_takes_over,
}


@pytest.mark.parametrize("run", WRONG.values(), ids=WRONG)
def test_a_wrong_storage_is_caught(run: Callable[[], Outcome]) -> None:
    outcome = run()

    assert outcome.anomalies
    told = complaint(outcome)
    assert f"seed {SEED}" in told
    assert "Not explained" in told


def test_a_run_in_the_process_is_the_same_each_time() -> None:
    first, again = (run_in_process(SEED, SECONDS) for _ in range(2))

    assert first == again
    assert "" == complaint(first)
