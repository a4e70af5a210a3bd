"""Faults of sorting users, and of going on behind a place."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from adapters.storage.memory.users import MemoryUsers
from core.model import Found, Place, User, UserFilter, UserOrder, UserSort
from tests.adapters.broken_storage import Rest, breaks

T = TypeVar("T")

EVERY: Rest = {"after": None, "limit": 9999, "count_to": 9999}


class Sorts(MemoryUsers):
    """Sorts in some other way."""

    async def find(
        self,
        wanted: UserFilter,
        order: UserOrder,
        *,
        after: Place | None,
        limit: int,
        count_to: int,
    ) -> Found[User]:
        found = await super().find(wanted, order, **EVERY)
        return page_of(
            found,
            lambda place: self.rank(place, order),
            after=after,
            limit=limit,
            count_to=count_to,
            descending=order.descending,
        )

    def rank(self, place: Place, order: UserOrder) -> tuple[Any, ...]:  # noqa: ARG002 - some look at it
        return (place.value is not None, value_of(place), place.key)


@breaks("names are sorted by the code points of their keys")
class SortsByUtf16(Sorts):
    def rank(self, place: Place, order: UserOrder) -> tuple[Any, ...]:
        if not isinstance(place.value, str):
            return super().rank(place, order)
        return (place.value.encode("utf-16-be"), place.key)


@breaks("names are sorted by the code points of their keys")
class SortsAsPeopleDo(Sorts):
    def rank(self, place: Place, order: UserOrder) -> tuple[Any, ...]:
        if not isinstance(place.value, str):
            return super().rank(place, order)
        letters = "".join(it for it in place.value if it.isalnum())
        return (letters, place.value, place.key)


@breaks(
    "a place holds whoever comes goes and is changed",
    "every sort goes both ways and equals by id",
    "pages have everybody once in every order",
    "who never logged in comes before all others",
)
class SortsWhoNeverLoggedInLast(Sorts):
    def rank(self, place: Place, _: UserOrder) -> tuple[Any, ...]:
        return (place.value is None, value_of(place), place.key)


@breaks(
    "every sort goes both ways and equals by id",
    "pages have everybody once in every order",
    "who never logged in comes before all others",
)
class SortsWhoNeverLoggedInLastBothWays(Sorts):
    def rank(self, place: Place, order: UserOrder) -> tuple[Any, ...]:
        is_last = (place.value is None) != order.descending
        return (is_last, value_of(place), place.key)


@breaks(
    "a place holds whoever comes goes and is changed",
    "every sort goes both ways and equals by id",
    "pages have everybody once in every order",
    "who never logged in comes before all others",
)
class LeavesOutWhoNeverLoggedIn(MemoryUsers):
    async def find(
        self, wanted: UserFilter, order: UserOrder, **rest: Rest
    ) -> Found[User]:
        found = await super().find(wanted, order, **rest)
        items = [(place, it) for place, it in found.items if place.value is not None]
        return Found(items, found.total)


@breaks(
    "every sort goes both ways and equals by id",
    "pages have everybody once in every order",
    "who never logged in comes before all others",
)
class SortsEqualsUpwardsOnly(Sorts):
    def rank(self, place: Place, order: UserOrder) -> tuple[Any, ...]:
        assert isinstance(place.key, int)
        key = -place.key if order.descending else place.key
        return (*super().rank(place, order)[:-1], key)


@breaks(
    "a place holds whoever comes goes and is changed",
    "pages have everybody once in every order",
)
class SkipsEquals(Sorts):
    def rank(self, place: Place, order: UserOrder) -> tuple[Any, ...]:
        return super().rank(place, order)[:-1]


@breaks(
    "a place holds whoever comes goes and is changed",
    "every sort goes both ways and equals by id",
    "pages have everybody once in every order",
    "who never logged in comes before all others",
)
class SortsUpwardsOnly(MemoryUsers):
    async def find(
        self, wanted: UserFilter, order: UserOrder, **rest: Rest
    ) -> Found[User]:
        return await super().find(wanted, replace(order, descending=False), **rest)


@breaks(
    "every sort goes both ways and equals by id",
    "pages have everybody once in every order",
)
class SortsTimesById(MemoryUsers):
    async def find(
        self, wanted: UserFilter, order: UserOrder, **rest: Rest
    ) -> Found[User]:
        if order.by is UserSort.CREATED_AT:
            order = replace(order, by=UserSort.ID)
        return await super().find(wanted, order, **rest)


@breaks("a place holds whoever comes goes and is changed")
class SkipsByCount(MemoryUsers):
    async def find(
        self,
        wanted: UserFilter,
        order: UserOrder,
        *,
        after: Place | None,
        limit: int,
        count_to: int,
    ) -> Found[User]:
        found = await super().find(wanted, order, **EVERY)
        return counted(found, after, limit, count_to)


@breaks("a place holds whoever comes goes and is changed")
class GoesOnBehindWhoIsThere(MemoryUsers):
    async def find(
        self,
        wanted: UserFilter,
        order: UserOrder,
        *,
        after: Place | None,
        limit: int,
        count_to: int,
    ) -> Found[User]:
        found = await super().find(wanted, order, **EVERY)
        places = [place for place, _ in found.items]
        begin = places.index(after) + 1 if after in places else 0
        items = found.items[begin : begin + limit]
        return Found(items, min(found.total, count_to))


def value_of(place: Place) -> Any:  # noqa: ANN401 - whatever users are sorted by
    return 0 if place.value is None else place.value


def page_of(  # noqa: PLR0913 - a question, and how it is sorted
    found: Found[T],
    rank: Callable[[Place], tuple[Any, ...]],
    *,
    after: Place | None,
    limit: int,
    count_to: int,
    descending: bool,
) -> Found[T]:
    ordered = sorted(found.items, key=lambda it: rank(it[0]), reverse=descending)
    if after is not None:
        begin = rank(after)
        ordered = [
            it
            for it in ordered
            if (rank(it[0]) < begin if descending else rank(it[0]) > begin)
        ]
    return Found(ordered[:limit], min(found.total, count_to))


def counted(
    found: Found[T], after: Place | None, limit: int, count_to: int
) -> Found[T]:
    """Return a page whose places are how many come before."""
    begin = int(after.key) if after else 0
    page: Sequence[tuple[Place, T]] = found.items[begin : begin + limit]
    items = [(Place(None, at), it) for at, (_, it) in enumerate(page, begin + 1)]
    return Found(items, min(found.total, count_to))
