from core.model import RevokedKey
from core.model.events import EventKind
from core.ports import Storage
from tests.contract.base import Contract
from tests.contract.storage_records import (
    DAY,
    MOMENT,
    NOW,
    RACERS,
    an_event,
    history,
    race,
)
from tests.contract.storage_values import AWKWARD, ELSEWHERE

KEY = RevokedKey("2b1f", NOW)


class RevocationLaws(Contract):
    async def test_a_revoked_key_is_told_with_its_time(self, subject: Storage) -> None:
        other = RevokedKey("77aa", NOW + MOMENT)
        before = await subject.revocations.revoked()

        done = [await revoke(subject, key) for key in (other, KEY)]

        assert [] == list(before)
        assert [True, True] == done
        assert [KEY, other] == list(await subject.revocations.revoked())

    async def test_a_revocation_stores_its_events(self, subject: Storage) -> None:
        told = an_event(EventKind.KEY_REVOKED, None, data={"kid": KEY.kid})
        events = [told, an_event()]

        await subject.revocations.revoke(KEY, events=events)

        assert events == await history(subject)

    async def test_revoking_again_changes_nothing(self, subject: Storage) -> None:
        await revoke(subject, KEY)

        again = await subject.revocations.revoke(
            RevokedKey(KEY.kid, NOW + DAY), events=[an_event()]
        )

        assert again is False
        assert [KEY] == list(await subject.revocations.revoked())
        assert [] == await history(subject)

    async def test_of_many_who_revoke_a_key_one_does(self, subject: Storage) -> None:
        keys = [RevokedKey(KEY.kid, NOW + n * MOMENT) for n in range(RACERS)]
        events = [an_event(EventKind.KEY_REVOKED, None) for _ in keys]

        done = await race(
            lambda n: subject.revocations.revoke(keys[n], events=[events[n]])
        )

        winner = done.index(True)
        assert [True] == [won for won in done if won]
        assert [keys[winner]] == list(await subject.revocations.revoked())
        assert [events[winner]] == await history(subject)

    async def test_keys_revoked_at_once_are_all_revoked(self, subject: Storage) -> None:
        keys = [RevokedKey(f"{n:04x}", NOW) for n in range(RACERS)]

        done = await race(lambda n: revoke(subject, keys[n]))

        assert [True] * RACERS == done
        assert keys == list(await subject.revocations.revoked())

    async def test_revoked_keys_are_told_by_kid_character_by_character(
        self, subject: Storage
    ) -> None:
        kids = ["b", "a", "B", "_", "-", "a0", "é", "0", "A", "a-"]
        for kid in kids:
            await revoke(subject, RevokedKey(kid, NOW))

        assert sorted(kids) == [it.kid for it in await subject.revocations.revoked()]

    async def test_any_kid_comes_back_unchanged(self, subject: Storage) -> None:
        for kid in AWKWARD:
            assert await revoke(subject, RevokedKey(kid, NOW))

        told = {it.kid for it in await subject.revocations.revoked()}
        assert set(AWKWARD) == told

    async def test_the_time_of_a_revocation_is_utc(self, subject: Storage) -> None:
        await revoke(subject, RevokedKey(KEY.kid, ELSEWHERE))

        (key,) = await subject.revocations.revoked()
        assert (KEY, NOW.utcoffset()) == (key, key.at.utcoffset())

    async def test_revocations_are_never_purged(self, subject: Storage) -> None:
        await revoke(subject, KEY)

        later = NOW + 9999 * DAY
        count = await subject.purge(at=later, keep_events_since=later, limit=99)

        assert 0 == count
        assert [KEY] == list(await subject.revocations.revoked())


async def revoke(storage: Storage, key: RevokedKey) -> bool:
    return await storage.revocations.revoke(key, events=[])
