from dataclasses import replace
from datetime import date

from core.model import (
    RecordKind,
    Role,
    Tally,
    TallyKind,
    UserCounts,
)
from core.ports import Storage
from tests.contract.base import Contract
from tests.contract.storage_records import (
    DAY,
    MOMENT,
    NOW,
    RACERS,
    a_session,
    add,
    change,
    end,
    log_in,
    race,
)
from tests.contract.storage_values import ELSEWHERE

LOGINS, RESETS = TallyKind.LOGINS, TallyKind.RESETS


class StatisticsLaws(Contract):
    async def test_users_are_counted_by_what_they_are_now(
        self, subject: Storage
    ) -> None:
        empty = await subject.statistics.users()
        ada = await add(subject, "ada", role=Role.ADMIN, is_verified=True)
        await add(subject, "bob", role=Role.ADMIN, is_active=False, is_verified=True)
        await add(subject, "cyd", role=Role.ADMIN, password_hash=None)
        dan = await add(subject, "dan")
        eve = await add(subject, "eve", is_active=False)

        before = await subject.statistics.users()
        await change(subject, dan, role=Role.ADMIN, is_verified=True)
        await change(subject, ada, role=Role.USER, is_verified=False)
        await subject.users.remove(eve.id, stamp=None, events=[])
        after = await subject.statistics.users()

        assert UserCounts(total=0, active=0, verified=0, admins=0) == empty
        assert UserCounts(total=5, active=3, verified=2, admins=2) == before
        assert UserCounts(total=4, active=3, verified=2, admins=2) == after

    async def test_live_sessions_are_counted_at_a_moment(
        self, subject: Storage
    ) -> None:
        user, other = await add(subject), await add(subject, "bob")
        await end(subject, await log_in(subject, user))
        sessions = [
            a_session(user),
            a_session(other, expires_at=NOW + MOMENT),
            a_session(user, expires_at=NOW),
        ]
        await subject.archive.write(RecordKind.SESSIONS, sessions)

        times = (NOW - MOMENT, ELSEWHERE, ELSEWHERE + MOMENT, NOW + DAY)
        counts = [await subject.statistics.live_sessions(at) for at in times]

        assert [3, 2, 1, 0] == counts

    async def test_tallies_are_listed_from_a_day_on(self, subject: Storage) -> None:
        days = [date(2025, 12, 24), date(2026, 1, 2), date(2025, 9, 30)]
        tallies = [Tally.of(day, kind, 7) for day in days for kind in TallyKind]
        await subject.statistics.add(tallies)
        await subject.statistics.add([])

        for since in (*days, date(2025, 12, 25), date(2026, 1, 3)):
            expected = [tally for tally in tallies if tally.day >= since]
            found = await subject.statistics.tallies(since)
            assert sorted(expected, key=lambda tally: tally.id) == list(found)

    async def test_amounts_are_added_to_what_is_stored(self, subject: Storage) -> None:
        logins, resets = (Tally.of(NOW.date(), it, 3) for it in (LOGINS, RESETS))

        await subject.statistics.add([logins])
        await subject.statistics.add([resets, replace(logins, amount=2**40)])

        assert [replace(logins, amount=3 + 2**40), resets] == list(
            await subject.statistics.tallies(NOW.date())
        )

    async def test_of_what_many_add_at_once_nothing_is_lost(
        self, subject: Storage
    ) -> None:
        kinds = [*TallyKind]

        async def count(number: int) -> None:
            # In another order each time: who adds several keeps nobody waiting for ever.
            turned = kinds[number % 4 :] + kinds[: number % 4]
            tallies = [Tally.of(NOW.date(), kind, number) for kind in turned]
            await subject.statistics.add(tallies)

        await race(count)

        found = await subject.statistics.tallies(NOW.date())
        assert [sum(range(RACERS))] * 4 == [tally.amount for tally in found]
