"""Cursors lead on in the list that they are of, and nowhere else."""

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidCursor
from core.model import Found, Place
from core.paging import COUNTED, LARGEST, Listing, paged

NOW = datetime(2025, 12, 24, 10, 0, 0, 123000, UTC)
IDS = Listing(("ids",), int)
NAMES = Listing(("names",), str)
TIMES = Listing(("times",), datetime, or_none=True)
OTHER_TIMES = Listing(("sessions",), datetime, str)


@pytest.mark.parametrize(
    ("listing", "place"),
    [
        (IDS, Place(7, 7)),
        (NAMES, Place("ädä@example.com", 1)),
        (TIMES, Place(NOW, 2**53 - 1)),
        (TIMES, Place(None, 3)),
        (OTHER_TIMES, Place(NOW, "abc")),
    ],
)
def test_a_cursor_tells_its_place(listing: Listing, place: Place) -> None:
    assert place == listing.place(listing.cursor(place))


def test_a_cursor_is_worthless_in_any_other_list() -> None:
    cursor = IDS.cursor(Place(7, 7))
    for listing in (NAMES, TIMES, OTHER_TIMES, Listing(("ids", "more"), int)):
        with pytest.raises(InvalidCursor):
            listing.place(cursor)


@given(st.text() | st.binary().map(lambda it: base64.urlsafe_b64encode(it).decode()))
def test_what_is_made_up_is_no_cursor(text: str) -> None:
    with pytest.raises(InvalidCursor):
        IDS.place(text)


@pytest.mark.parametrize(
    ("listing", "value", "key"),
    [
        (IDS, "7", 7),
        (IDS, True, 7),
        (IDS, 7.0, 7),
        (IDS, None, 7),
        (IDS, LARGEST + 1, 7),
        (IDS, 7, -LARGEST - 1),
        (IDS, 7, "7"),
        (IDS, [7], 7),
        (NAMES, "", 7),
        (NAMES, "a\0b", 7),
        (NAMES, "\ud800", 7),
        (TIMES, "2025-12-24", 7),
        (TIMES, "0001-01-01T00:00:00+23:59", 7),
        (TIMES, 7, 7),
        (OTHER_TIMES, NOW.isoformat(), "a\nb"),
    ],
)
def test_a_place_that_no_storage_could_compare_is_refused(
    listing: Listing, value: object, key: object
) -> None:
    good = listing.cursor(Place(None, 1))
    digest = json.loads(base64.urlsafe_b64decode(good + "=="))[0]
    forged = base64.urlsafe_b64encode(json.dumps([digest, value, key]).encode())

    with pytest.raises(InvalidCursor):
        listing.place(forged.decode().rstrip("="))


@pytest.mark.parametrize(
    ("there", "told"),
    [(0, (0, False)), (COUNTED, (COUNTED, False)), (COUNTED + 1, (COUNTED, True))],
)
async def test_a_list_is_counted_up_to_ten_thousand(
    there: int, told: tuple[int, bool]
) -> None:
    async def ask(after: Place | None, limit: int, count_to: int) -> Found[int]:
        first = int(str(after.value)) + 1 if after else 0
        items = [(Place(n, n), n) for n in range(first, min(there, first + limit))]
        return Found(items, min(there, count_to))

    page = await paged(ask, IDS, cursor=None, limit=3)

    assert told == (page.total, page.total_is_at_least)
    assert (there > 3) is (page.next_cursor is not None)


async def test_the_last_page_leads_nowhere() -> None:
    async def ask(after: Place | None, limit: int, _: int) -> Found[int]:
        first = int(str(after.value)) + 1 if after else 0
        items = [(Place(n, n), n) for n in range(first, min(6, first + limit))]
        return Found(items, 6)

    first = await paged(ask, IDS, cursor=None, limit=3)
    second = await paged(ask, IDS, cursor=first.next_cursor, limit=3)

    assert ([0, 1, 2], [3, 4, 5], None) == (
        first.items,
        second.items,
        second.next_cursor,
    )
