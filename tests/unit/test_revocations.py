from collections.abc import Sequence
from dataclasses import replace

import pytest

from adapters.storage.memory import MemoryStorage
from adapters.storage.memory.revocations import MemoryRevocations
from adapters.system import RandomIds
from config.replaceable import Replaceable
from core.errors import Unavailable
from core.event_factory import EventFactory
from core.keys.keyring import KeyState
from core.keys.revocations import Revocations
from core.model import RevokedKey
from core.model.events import EventKind
from core.ports import KeyRevocations, Storage
from tests.contract.storage_records import history
from tests.doubles import NOON, SetClock
from tests.unit.keyrings import keyring, version
from tests.unit.world import CONSOLE, origin


def replica(storage: KeyRevocations) -> Revocations:
    return Revocations(
        storage=storage,
        keyring=keyring(version("n"), version("o")),
        clock=SetClock(),
        events=EventFactory(RandomIds()),
    )


def states(one: Revocations) -> list[KeyState]:
    return [it.state for it in one.keyring.at(NOON).keys]


class Away(MemoryRevocations):
    """Does not answer."""

    async def revoked(self) -> Sequence[RevokedKey]:
        raise Unavailable


async def test_what_one_revokes_every_other_learns() -> None:
    storage = MemoryStorage.from_url("memory://")
    one, other = replica(storage.revocations), replica(storage.revocations)
    kid = one.keyring.at(NOON).keys[0].key.kid
    known = states(other)

    assert await one.revoke(kid, CONSOLE)

    assert KeyState.REVOKED not in known
    assert KeyState.REVOKED is states(one)[0]
    assert known == states(other)
    assert [1, 0] == [await other.learn() for _ in range(2)]
    assert states(one) == states(other)


async def test_a_revocation_is_told_in_the_log_of_events_once() -> None:
    storage = MemoryStorage.from_url("memory://")
    one = replica(storage.revocations)

    assert [True, False] == [await one.revoke("2b1f", CONSOLE) for _ in range(2)]

    (event,) = await history(storage)
    assert (EventKind.KEY_REVOKED, NOON, None) == (event.kind, event.at, event.user_id)
    assert ("operator", "server", "root") == origin(event)
    assert {"kid": "2b1f"} == event.data
    assert not event.is_outgoing


async def test_a_replica_reaches_them_through_whatever_storage_is_in_force() -> None:
    first, second = (MemoryStorage.from_url("memory://") for _ in range(2))
    replaceable: Replaceable[Storage] = Replaceable(Storage, first)  # type: ignore[type-abstract]
    one = replica(replaceable.proxy.revocations)

    await one.revoke("2b1f", CONSOLE)
    await replaceable.replace(second)
    await one.revoke("77aa", CONSOLE)

    told = [await it.revocations.revoked() for it in (first, second)]
    assert [["2b1f"], ["77aa"]] == [[key.kid for key in keys] for keys in told]


async def test_while_the_storage_is_away_what_is_known_stays() -> None:
    storage = MemoryStorage.from_url("memory://")
    one = replica(storage.revocations)
    await one.revoke(one.keyring.at(NOON).keys[0].key.kid, CONSOLE)
    before = states(one)
    away = Away(storage.archive.tables)

    with pytest.raises(Unavailable):
        await replace(one, storage=away).learn()

    assert before == states(one)
