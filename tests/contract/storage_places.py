from collections.abc import Sequence
from itertools import chain

from core.model import Found, Role, User, UserFilter, UserOrder, UserSort
from core.ports import Storage
from tests.contract.base import Contract
from tests.contract.storage_listing import (
    EVERYBODY,
    all_at_once,
    in_pages,
    keep,
    users_of,
)
from tests.contract.storage_records import DAY, MINUTE, NOW, a_user, add

ORDERS = [UserOrder(by, backwards) for by in UserSort for backwards in (False, True)]

KEYS = ("b", "a-b", "a_b", "ab", "a.b", "B", "ä", "z", "\uff21", "😀", "a b", "")
"""Of addresses; no language and no UTF-16 sorts them as their code points do."""


class OrderLaws(Contract):
    async def test_names_are_sorted_by_the_code_points_of_their_keys(
        self, subject: Storage
    ) -> None:
        names = (
            "Zoe",
            "ada",
            "a-b",
            "a_b",
            "AB",
            "a.b",
            "b2",
            "b10",
            "Bob",
            "c",
            "d",
            "e",
        )
        pairs = zip(KEYS, names, strict=True)
        await keep(
            subject,
            *(a_user(name, email="x@y.z", email_key=key) for key, name in pairs),
        )

        by_email = await _sorted(subject, UserOrder(UserSort.EMAIL))
        by_username = await _sorted(subject, UserOrder(UserSort.USERNAME))

        assert sorted(KEYS) == [user.email_key for user in by_email]
        lower = sorted(name.lower() for name in names)
        assert lower == [user.username_key for user in by_username]

    async def test_every_sort_goes_both_ways_and_equals_by_id(
        self, subject: Storage
    ) -> None:
        users = await keep(subject, *_some())

        for order in ORDERS:
            expected = _in_order(users, order)
            assert (order, expected) == (order, await _sorted(subject, order))

    async def test_who_never_logged_in_comes_before_all_others(
        self, subject: Storage
    ) -> None:
        logged_in = (None, NOW, None, NOW - 9000 * DAY)
        users = [a_user(f"u{n}", last_login_at=at) for n, at in enumerate(logged_in)]
        await keep(subject, *users)

        up = await _sorted(subject, UserOrder(UserSort.LAST_LOGIN_AT))
        down = await _sorted(subject, UserOrder(UserSort.LAST_LOGIN_AT, True))  # noqa: FBT003 - descending

        assert [1, 3, 4, 2] == [user.id for user in up]
        assert up[::-1] == down


class PlaceLaws(Contract):
    async def test_pages_have_everybody_once_in_every_order(
        self, subject: Storage
    ) -> None:
        users = await keep(subject, *_some())
        plain = UserFilter(role=Role.USER)

        for order in ORDERS:
            pages = await in_pages(users_of(subject, EVERYBODY, order), 3)
            found = [*chain(*pages)]
            assert (order, _in_order(users, order)) == (order, found)
            assert [3, 3, 2] == [len(page) for page in pages]
        for order in ORDERS[::3]:
            pages = await in_pages(users_of(subject, plain, order), 2)
            few = [user for user in users if user.role is Role.USER]
            assert (order, _in_order(few, order)) == (order, [*chain(*pages)])

    async def test_a_place_holds_whoever_comes_goes_and_is_changed(
        self, subject: Storage
    ) -> None:
        for name, order in enumerate(ORDERS[1::2] + ORDERS[2::4]):
            users = await keep(subject, *_some())
            seen = await _disturbed(subject, order, f"new{name}")

            left = {user.id for user in await all_at_once(users_of(subject))}
            stayed = {user.id for user in users} & left
            assert 6 == len(stayed)
            assert stayed <= set(seen)
            assert len(set(seen)) == len(seen)
            for user_id in left - {user.id for user in users}:
                await subject.users.remove(user_id, stamp=None, events=[])


async def _disturbed(storage: Storage, order: UserOrder, name: str) -> Sequence[int]:
    """Read in pages, where others remove who was last, and add somebody at either end."""
    count = 0

    async def meanwhile(page: Found[User]) -> None:
        nonlocal count
        count += 1
        if count > 2:
            return
        last = page.records[-1]
        await storage.users.remove(last.id, stamp=None, events=[])
        for at, letter in ((NOW - DAY, "a"), (NOW + DAY, "z")):
            await add(
                storage, f"{letter}{name}{count}", created_at=at, last_login_at=at
            )

    pages = await in_pages(users_of(storage, EVERYBODY, order), 2, meanwhile=meanwhile)
    return [user.id for user in chain(*pages)]


def _some() -> list[User]:
    """Return users in no order, of whom some share a moment and some never logged in."""
    names = ("gus", "bob", "eve", "dan", "ada", "fay", "hal", "cyd")
    minutes = (5, 5, 1, 9, 5, 1, 2, 7)
    logins = (None, 3, 3, None, 8, 3, None, 1)
    return [
        a_user(
            name,
            created_at=NOW + created * MINUTE,
            last_login_at=None if login is None else NOW + login * MINUTE,
            role=Role.ADMIN if name in {"bob", "gus", "hal"} else Role.USER,
        )
        for name, created, login in zip(names, minutes, logins, strict=True)
    ]


async def _sorted(storage: Storage, order: UserOrder) -> list[User]:
    return await all_at_once(users_of(storage, EVERYBODY, order))


def _in_order(users: Sequence[User], order: UserOrder) -> list[User]:
    def rank(user: User) -> tuple[bool, object, int]:
        value = order.by.value_of(user)
        return (value is not None, value or 0, user.id)

    return sorted(users, key=rank, reverse=order.descending)
