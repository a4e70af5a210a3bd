"""Faults of finding events."""

from dataclasses import replace
from typing import Any

from adapters.storage.memory.events import MemoryEvents
from core.model import EventFilter, Found, Place
from core.model.events import Event
from tests.adapters.broken_storage import Rest, breaks
from tests.adapters.broken_storage_places import EVERY, counted, page_of


@breaks(
    "a place among events holds whatever happens",
    "events are found the latest first and equals by their number",
)
class FindsEventsAgain(MemoryEvents):
    async def find(self, wanted: EventFilter, **rest: Rest) -> Found[Event]:
        return await super().find(wanted, **rest | {"after": None})


class EventSorts(MemoryEvents):
    """Sorts in some other way."""

    async def find(
        self, wanted: EventFilter, *, after: Place | None, limit: int, count_to: int
    ) -> Found[Event]:
        found = await super().find(wanted, **EVERY)
        return page_of(
            found,
            self.rank,
            after=after,
            limit=limit,
            count_to=count_to,
            descending=True,
        )

    def rank(self, place: Place) -> tuple[Any, ...]:
        return (place.value, place.key)


@breaks(
    "events are found the latest first and equals by their number",
    "of events that are found every filter holds",
)
class SortsEventsByNumber(EventSorts):
    def rank(self, place: Place) -> tuple[Any, ...]:
        return (place.key,)


@breaks(
    "a place among events holds whatever happens",
    "events are found the latest first and equals by their number",
    "of events that are found every filter holds",
)
class SortsEqualEventsUpwards(EventSorts):
    def rank(self, place: Place) -> tuple[Any, ...]:
        assert isinstance(place.key, int)
        return (place.value, -place.key)


@breaks(
    "a place among events holds whatever happens",
    "events are found the latest first and equals by their number",
)
class SkipsEqualEvents(EventSorts):
    def rank(self, place: Place) -> tuple[Any, ...]:
        return (place.value,)


@breaks("a place among events holds whatever happens")
class SkipsEventsByCount(MemoryEvents):
    async def find(
        self, wanted: EventFilter, *, after: Place | None, limit: int, count_to: int
    ) -> Found[Event]:
        return counted(await super().find(wanted, **EVERY), after, limit, count_to)


@breaks("events are counted as far as was asked")
class CountsEventsToTheEnd(MemoryEvents):
    async def find(self, wanted: EventFilter, **rest: Rest) -> Found[Event]:
        return await super().find(wanted, **rest | {"count_to": 9999})


class EventFilters(MemoryEvents):
    """Asks for something else than was asked for."""

    async def find(self, wanted: EventFilter, **rest: Rest) -> Found[Event]:
        return await super().find(self.meant(wanted), **rest)

    def meant(self, wanted: EventFilter) -> EventFilter:
        return wanted


@breaks("of events that are found every filter holds")
class TakesActorsForUsers(EventFilters):
    def meant(self, wanted: EventFilter) -> EventFilter:
        return replace(wanted, actor_id=None, user_id=wanted.user_id or wanted.actor_id)


@breaks("of events that are found every filter holds")
class IgnoresTheAddress(EventFilters):
    def meant(self, wanted: EventFilter) -> EventFilter:
        return replace(wanted, address=None)


@breaks("of events that are found every filter holds")
class IgnoresTheKindOfAUsersEvents(EventFilters):
    def meant(self, wanted: EventFilter) -> EventFilter:
        return replace(wanted, kind=None) if wanted.user_id else wanted


@breaks(
    "of events that are found every filter holds",
    "times of events are moments and exclude themselves",
)
class FindsEventsOfThatMoment(EventFilters):
    def meant(self, wanted: EventFilter) -> EventFilter:
        after = wanted.after and wanted.after.replace(microsecond=0)
        return replace(wanted, after=after)


@breaks("times of events are moments and exclude themselves")
class ComparesWallClocksOfEvents(EventFilters):
    def meant(self, wanted: EventFilter) -> EventFilter:
        if wanted.before is None or not (offset := wanted.before.utcoffset()):
            return wanted
        return replace(wanted, before=wanted.before + offset)
