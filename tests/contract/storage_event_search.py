from collections.abc import Awaitable
from itertools import chain, product
from typing import Any

from core.model import EventFilter, Found, RecordKind
from core.model.events import Actor, Event, EventKind, StoredEvent
from core.ports import Storage
from tests.contract.base import Contract
from tests.contract.storage_listing import Look, all_at_once, in_pages
from tests.contract.storage_records import DAY, MINUTE, MOMENT, NOW, an_event
from tests.contract.storage_values import ELSEWHERE

ALL = EventFilter()
ENDED, OPENED = EventKind.SESSION_ENDED, EventKind.SESSION_OPENED


class EventSearchLaws(Contract):
    async def test_of_events_that_are_found_every_filter_holds(
        self, subject: Storage
    ) -> None:
        of: dict[str, tuple[Any, Any]] = {
            "user_id": (7, 8),
            "actor": ("7", Actor.OPERATOR),
            "kind": (ENDED, OPENED),
            "address": ("192.0.2.1", "192.0.2.10"),
        }
        traits = [
            dict(zip(of, values, strict=True)) for values in product(*of.values())
        ]
        events = [an_event(at=NOW + n * MINUTE, **it) for n, it in enumerate(traits)]
        events += [an_event(OPENED, None, NOW), an_event(ENDED, 7, NOW + DAY)]
        await subject.events.append(events)
        wanted: dict[str, Any] = {
            "user_id": 7,
            "actor_id": 7,
            "kind": ENDED,
            "address": "192.0.2.1",
            "after": NOW + MINUTE,
            "before": NOW + 7 * MINUTE,
        }

        for taken in product((False, True), repeat=len(wanted)):
            asked = {n: wanted[n] for n, it in zip(wanted, taken, strict=True) if it}
            await _assert_found(subject, events, EventFilter(**asked))
        for nothing in (
            EventFilter(user_id=9),
            EventFilter(actor_id=8),
            EventFilter(kind=EventKind.KEY_REVOKED),
            EventFilter(address="192.0.2.%"),
            EventFilter(after=NOW + DAY),
            EventFilter(before=NOW),
        ):
            assert [] == await all_at_once(_events_of(subject, nothing))

    async def test_times_of_events_are_moments_and_exclude_themselves(
        self, subject: Storage
    ) -> None:
        times = (NOW - MOMENT, ELSEWHERE, NOW + MOMENT)
        first, second, third = (an_event(at=at) for at in times)
        await subject.events.append([first, second, third])

        for wanted, expected in (
            (EventFilter(after=ELSEWHERE), [third]),
            (EventFilter(before=ELSEWHERE), [first]),
            (EventFilter(after=NOW - MOMENT, before=ELSEWHERE + MOMENT), [second]),
            (EventFilter(after=NOW, before=NOW + MOMENT), []),
        ):
            assert expected == await all_at_once(_events_of(subject, wanted))

    async def test_events_are_found_the_latest_first_and_equals_by_their_number(
        self, subject: Storage
    ) -> None:
        minutes = (3, 1, 3, 2, 3, 1, 2)
        events = [an_event(OPENED, 7, NOW + at * MINUTE) for at in minutes]
        stored = [StoredEvent(event, 0, None) for event in events]
        await subject.events.append(events[:4])
        await subject.archive.write(RecordKind.EVENTS, stored[4:])

        for wanted in (ALL, EventFilter(user_id=7), EventFilter(kind=OPENED)):
            pages = await in_pages(_events_of(subject, wanted), 2)
            assert [events[at] for at in (4, 2, 0, 6, 3, 5, 1)] == [*chain(*pages)]
            assert [2, 2, 2, 1] == [len(page) for page in pages]

    async def test_a_place_among_events_holds_whatever_happens(
        self, subject: Storage
    ) -> None:
        events = [an_event(OPENED, 7, NOW + at * MINUTE) for at in (0, 1, 1, 1, 2, 3)]
        await subject.events.append(events)

        async def more_happens(page: Found[Event]) -> None:
            last = page.records[-1].at
            await subject.events.append(
                [an_event(OPENED, 7, at) for at in (last, NOW + DAY)]
            )

        look = _events_of(subject, EventFilter(user_id=7))
        pages = await in_pages(look, 2, meanwhile=more_happens)

        assert events[::-1] == [*chain(*pages)]

    async def test_events_are_counted_as_far_as_was_asked(
        self, subject: Storage
    ) -> None:
        await subject.events.append([an_event(OPENED, n % 3) for n in range(9)])
        everything, few = (
            _events_of(subject, wanted) for wanted in (ALL, EventFilter(user_id=1))
        )
        behind = (await everything(after=None, limit=2, count_to=9)).items[-1][0]

        totals = [
            (await look(after=after, limit=limit, count_to=count_to)).total
            for look in (everything, few)
            for after in (None, behind)
            for limit, count_to in ((1, 99), (99, 2))
        ]

        assert [9, 2] * 2 + [3, 2] * 2 == totals


def _events_of(storage: Storage, wanted: EventFilter) -> Look[Event]:
    def look(**page: Any) -> Awaitable[Found[Event]]:  # noqa: ANN401 - where, and how many
        return storage.events.find(wanted, **page)

    return look


async def _assert_found(
    storage: Storage, events: list[Event], wanted: EventFilter
) -> None:
    found = await all_at_once(_events_of(storage, wanted))
    numbered = enumerate(events)
    places = [(it.at, number) for number, it in numbered if _all_holds(it, wanted)]
    latest_first = [events[number] for _, number in sorted(places, reverse=True)]
    assert (wanted, latest_first) == (wanted, found)


def _all_holds(event: Event, wanted: EventFilter) -> bool:
    for name in ("user_id", "actor_id", "kind", "address"):
        if getattr(wanted, name) not in {None, getattr(event, name)}:
            return False
    is_after = wanted.after is None or event.at > wanted.after
    return is_after and (wanted.before is None or event.at < wanted.before)
