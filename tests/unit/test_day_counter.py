"""Figures by day."""

from collections.abc import Sequence
from datetime import date

import pytest

from adapters.storage.memory.statistics import MemoryStatistics
from adapters.storage.memory.tables import Tables
from core.errors import InvalidCredentials, Unavailable
from core.identity.day_counter import DayCounter
from core.model import Operator, Purpose, Tally, TallyKind
from tests.unit.world import CONSOLE, EMAIL, NEW_PASSWORD, PHONE, World


class Away(MemoryStatistics):
    """Does not answer, the first time."""

    asked = 0

    async def add(self, tallies: Sequence[Tally]) -> None:
        type(self).asked += 1
        if self.asked == 1:
            raise Unavailable
        await super().add(tallies)


async def test_what_happens_is_counted_on_its_day() -> None:
    world = World()
    await world.newcomer()
    for password in ("WrongPass123!", "WrongPass123!"):
        with pytest.raises(InvalidCredentials):
            await world.log_in(password)
    with pytest.raises(InvalidCredentials):
        await world.log_in(email="nobody@example.com")
    await world.counter.store()
    world.wait(days=1)
    await world.password_resets.request(EMAIL, PHONE)
    reset = world.mailed_token(Purpose.RESET_PASSWORD)
    await world.password_resets.reset(reset, NEW_PASSWORD, PHONE)
    await world.log_in(NEW_PASSWORD)
    await world.counter.store()

    days = (await world.audit.summary(Operator(CONSOLE))).days
    yesterday, today = days[-2:]
    assert {
        TallyKind.REGISTRATIONS: 1,
        TallyKind.LOGINS: 1,
        TallyKind.FAILURES: 3,
        TallyKind.RESETS: 0,
    } == yesterday.counts
    assert (1, 1) == (today.counts[TallyKind.LOGINS], today.counts[TallyKind.RESETS])
    assert not any(sum(day.counts.values()) for day in days[:-2])


async def test_what_can_not_be_stored_is_stored_later() -> None:
    world = World()
    statistics = Away(Tables())
    counter = DayCounter(statistics, world.clock)
    counter.count(TallyKind.LOGINS)

    with pytest.raises(Unavailable):
        await counter.store()
    counter.count(TallyKind.LOGINS)
    await counter.store()
    await counter.store()

    assert [2] == [it.amount for it in await statistics.tallies(date(2000, 1, 1))]
