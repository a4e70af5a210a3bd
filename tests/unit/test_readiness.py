import asyncio
import logging
from collections.abc import Sequence

import pytest

from adapters.storage.memory import MemoryStorage
from adapters.system import RandomIds
from core.errors import BadConfiguration, Unavailable
from core.event_factory import EventFactory
from core.keys.keyring import KeyState
from core.keys.revocations import Revocations
from core.model import RevokedKey
from core.operations.readiness import Readiness
from tests.doubles import NOON, SetClock
from tests.unit.keyrings import keyring, version


class LateStorage(MemoryStorage):
    """Opens at the third try, and has migrations to run."""

    tries = 0
    waiting: Sequence[str] = ("0001_first", "0002_second")
    altered = False
    broken = False

    async def open(self, *, create: bool = True) -> None:  # noqa: ARG002
        type(self).tries += 1
        if self.broken:
            raise BadConfiguration(["wrong password"])
        if self.tries < 3:
            raise Unavailable from ConnectionError("nobody listens")

    async def pending(self) -> Sequence[str]:
        if self.altered:
            raise BadConfiguration(["no unique index on users.email_key"])
        return self.waiting

    async def migrate(self) -> Sequence[str]:
        ran, type(self).waiting = self.waiting, ()
        return ran


def of(storage: LateStorage, *, auto_migrate: bool) -> Readiness:
    revocations = Revocations(
        storage=storage.revocations,
        keyring=keyring(version("k")),
        clock=SetClock(),
        events=EventFactory(RandomIds()),
    )
    return Readiness(storage, revocations, auto_migrate=auto_migrate)


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> LateStorage:
    monkeypatch.setattr("core.operations.readiness.RETRY_SECONDS", 0.01)

    class Late(LateStorage):
        """Has counts of its own."""

    return Late.from_url("memory://")


async def test_a_storage_that_is_away_is_waited_for_and_then_migrated(
    storage: LateStorage, caplog: pytest.LogCaptureFixture
) -> None:
    readiness = of(storage, auto_migrate=True)

    await readiness.prepare()

    await readiness.demand()
    assert 3 == storage.tries
    assert ["nobody listens"] == [vars(line)["reason"] for line in caplog.records]


async def test_a_schema_that_is_behind_is_waited_for_and_the_log_says_what_to_run(
    storage: LateStorage, caplog: pytest.LogCaptureFixture
) -> None:
    readiness = of(storage, auto_migrate=False)

    preparing = asyncio.create_task(readiness.prepare())
    await asyncio.sleep(0.2)

    with pytest.raises(Unavailable):
        await readiness.demand()
    assert "scribes-auth migrate" in vars(caplog.records[-1])["reason"]
    await storage.migrate()
    await preparing
    await readiness.demand()


async def test_an_altered_schema_is_not_served(
    storage: LateStorage, caplog: pytest.LogCaptureFixture
) -> None:
    type(storage).altered = True
    readiness = of(storage, auto_migrate=False)

    preparing = asyncio.create_task(readiness.prepare())
    await asyncio.sleep(0.2)

    assert not preparing.done()
    assert "unique index" in vars(caplog.records[-1])["reason"]
    assert logging.ERROR == caplog.records[-1].levelno
    preparing.cancel()


async def test_what_only_an_operator_can_mend_is_not_waited_for(
    storage: LateStorage,
) -> None:
    type(storage).broken = True

    with pytest.raises(BadConfiguration):
        await of(storage, auto_migrate=True).prepare()


async def test_revoked_keys_are_known_before_it_is_ready(storage: LateStorage) -> None:
    readiness = of(storage, auto_migrate=True)
    ring = readiness.revocations.keyring
    revoked = RevokedKey(ring.at(NOON).signing.kid, NOON)
    await storage.revocations.revoke(revoked, events=[])

    await readiness.prepare()

    assert [KeyState.REVOKED] == [it.state for it in ring.at(NOON).keys]
