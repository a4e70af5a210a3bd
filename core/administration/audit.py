"""What happened, and figures of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from core.model import Caller, EventFilter, Found, Place, Role, Tally, TallyKind
from core.model.events import Event, EventKind
from core.paging import Listing, paged
from core.permissions import Guarded, allowed
from core.ports import Clock, Storage
from core.ports.administration import Audit, Day, Page, Summary

DAYS = 30
FRESH = timedelta(minutes=1)
"""How long figures are told again without a look."""

MOST_MAILS = 1000
"""How many waiting mails are counted: more are as bad."""


@dataclass(slots=True)
class Events(Audit, Guarded):
    """Use cases of administrators and operators, about everything that is stored."""

    storage: Storage
    clock: Clock
    _latest: Summary | None = field(default=None, init=False, repr=False)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, init=False, repr=False)

    @allowed(Role.ADMIN)
    async def find(
        self, by: Caller, wanted: EventFilter, *, cursor: str | None, limit: int
    ) -> Page[Event]:
        async def ask(after: Place | None, most: int, count_to: int) -> Found[Event]:
            found = await self.storage.events.find(
                wanted, after=after, limit=most, count_to=count_to
            )
            items = [(place, _told(event)) for place, event in found.items]
            return replace(found, items=items)

        listing = Listing(("events", wanted), datetime)
        return await paged(ask, listing, cursor=cursor, limit=limit)

    @allowed(Role.ADMIN)
    async def summary(self, by: Caller) -> Summary:
        # One looks for all who ask meanwhile.
        async with self._turn:
            now, latest = self.clock.now(), self._latest
            if latest is None or not latest.at <= now < latest.at + FRESH:
                latest = self._latest = await self._look(now)
            return latest

    async def _look(self, now: datetime) -> Summary:
        statistics = self.storage.statistics
        first = now.date() - timedelta(days=DAYS - 1)
        mails = await self.storage.events.backlog(limit=MOST_MAILS)
        return Summary(
            users=await statistics.users(),
            live_sessions=await statistics.live_sessions(now),
            mails_waiting=mails.waiting,
            oldest_mail=mails.oldest,
            days=_days(await statistics.tallies(first), now),
            at=now,
        )


def _told(event: Event) -> Event:
    """Return what an administrator is told: whom the last mail goes to is for the outbox."""
    if event.kind is EventKind.USER_DELETED:
        return replace(event, data={})
    return event


def _days(tallies: Sequence[Tally], now: datetime) -> list[Day]:
    amounts = {tally.id: tally.amount for tally in tallies}
    dates = [now.date() - timedelta(days=ago) for ago in reversed(range(DAYS))]
    return [
        Day(
            date=date,
            counts={
                kind: amounts.get(Tally.of(date, kind, 0).id, 0) for kind in TallyKind
            },
        )
        for date in dates
    ]
