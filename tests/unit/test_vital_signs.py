from datetime import timedelta

import pytest

from adapters.metrics.prometheus import PrometheusMetrics
from adapters.tokens.secret_keys import SecretKeys
from core.keys.keyring import Keyring
from core.model import PoolUse, SecretVersion
from core.operations.vital_signs import VitalSigns
from tests.doubles import NOON, SetClock
from tests.unit.world import KEY_RULES


class Clinic:
    """A keyring with three keys, and a pool whose use a test sets."""

    def __init__(self) -> None:
        self.clock = SetClock()
        self.metrics = PrometheusMetrics()
        self.pool: PoolUse | None = None
        keyring = Keyring(SecretKeys(), KEY_RULES)
        ages = enumerate((timedelta(0), timedelta(days=1), timedelta(days=2)))
        keyring.load([SecretVersion(f"{n}" * 32, f"{n}", NOON - it) for n, it in ages])
        self.signs = VitalSigns(
            version="1.2.3",
            keyring=keyring,
            pool=lambda: self.pool,
            clock=self.clock,
            metrics=self.metrics,
        )

    def figure(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"scribes_{name}", labels)


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def test_which_program_runs_is_told_and_since_when(clinic: Clinic) -> None:
    clinic.signs.begin()

    assert 1 == clinic.figure("build_info", version="1.2.3")
    assert NOON.timestamp() == clinic.figure("start_time_seconds")


async def test_keys_are_counted_by_state_as_time_moves_them(clinic: Clinic) -> None:
    await clinic.signs.tell()
    before = [clinic.figure("keys", state=it) for it in ("pending", "verifying")]

    clinic.clock.advance(KEY_RULES.activation)
    await clinic.signs.tell()

    assert [1, 1] == before
    assert {"pending": 0, "signing": 1, "verifying": 2, "retired": 0, "revoked": 0} == {
        state: clinic.figure("keys", state=state)
        for state in ("pending", "signing", "verifying", "retired", "revoked")
    }


async def test_a_pool_is_told_as_it_is_and_what_was_asked_of_it_adds_up(
    clinic: Clinic,
) -> None:
    for use in (
        PoolUse(used=2, idle=1, waiting=3, requests=10, waited=0.5),
        PoolUse(used=1, idle=2, waiting=0, requests=15, waited=2),
        PoolUse(used=1, idle=0, waiting=0, requests=1, waited=0),  # a new one
    ):
        clinic.pool = use
        await clinic.signs.tell()

    assert 1 == clinic.figure("pool_connections", state="used")
    assert 0 == clinic.figure("pool_connections", state="idle")
    assert 0 == clinic.figure("pool_waiting")
    assert 16 == clinic.figure("pool_requests_total")
    assert 2 == clinic.figure("pool_wait_seconds_total")


async def test_without_a_pool_nothing_is_said_of_one(clinic: Clinic) -> None:
    await clinic.signs.tell()

    assert clinic.figure("pool_waiting") is None
