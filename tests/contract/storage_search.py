from dataclasses import fields
from itertools import product
from typing import Any

from core.model import Role, User, UserFilter
from core.model.users import searchable
from core.ports import Storage
from tests.contract.base import Contract
from tests.contract.storage_listing import all_at_once, ids_found, keep, users_of
from tests.contract.storage_records import DAY, MOMENT, NOW, a_user, add
from tests.contract.storage_values import ELSEWHERE

SIGNS = (
    *("%", "_", "\\", "'", '"', "*", "?", "[", "]", "(", ")", "^", "$", "|", "+"),
    *("{", "}", "#", ";", "--", "/", "&", "~", "\\%", "''"),
)
"""Those of patterns, of quoting and of search languages."""


class SearchLaws(Contract):
    async def test_a_part_of_any_name_is_enough_to_find_somebody(
        self, subject: Storage
    ) -> None:
        ada = a_user(email="Ada@Example.com", username="Countess", full_name="Ada L.")
        bob = a_user("bob", full_name=None, is_active=False)
        zoe = a_user("zoe", full_name="Ζωή 花子 Østergård")
        await keep(subject, ada, bob, zoe)
        eve = await add(subject, "eve", full_name="Eve Østergård")

        assert 4 == eve.id
        for text, ids in {
            "ada@example.com": [1],
            "ountes": [1],
            "ada l.": [1],
            "østergård": [3, 4],
            "example": [1, 2, 3, 4],
            "花": [3],
            "花子": [3],
            "ωή": [3],
            "o": [1, 2, 3, 4],
            "b": [2],
            "bo": [2],
            "bob": [2],
            "ve": [4],
            "bobby": [],
            "none": [],
            "q": [],
            "ostergard": [],
        }.items():
            assert (text, ids) == (text, await ids_found(subject, text))

    async def test_what_is_searched_for_is_text_and_no_pattern(
        self, subject: Storage
    ) -> None:
        mails = (f"u{number}@localhost" for number in range(len(SIGNS)))
        users = [
            a_user(f"u{number}", email=email, full_name=f"x{sign}y")
            for number, (email, sign) in enumerate(zip(mails, SIGNS, strict=True))
        ]
        await keep(subject, *users)

        for number, sign in enumerate(SIGNS, start=1):
            text = f"x{sign}y"
            same = [at for at, each in enumerate(SIGNS, start=1) if sign in each]
            assert (text, [number]) == (text, await ids_found(subject, text))
            assert (sign, same) == (sign, await ids_found(subject, sign))
        for pattern in ("x.y", ".*", "x%%", "%u", "x?y?", "u[0-9]", "^u", "u1 or 1=1"):
            assert (pattern, []) == (pattern, await ids_found(subject, pattern))

    async def test_a_name_is_found_in_any_case_and_either_form(
        self, subject: Storage
    ) -> None:
        names = ("ÉMILE Ångström", "E\u0301mile A\u030angstro\u0308m", "ΌΣΟΣ", "Emile")
        users = [a_user(f"u{at}", full_name=name) for at, name in enumerate(names)]
        await keep(subject, *users)

        for typed in ("émile", "e\u0301MILE", "ÅNGSTRÖM", "ngstro\u0308m"):
            assert [1, 2] == await ids_found(subject, searchable(typed))
        assert [3] == await ids_found(subject, searchable("όσο"))
        assert [4] == await ids_found(subject, searchable("EMIL"))


class FilterLaws(Contract):
    async def test_of_who_is_found_every_filter_holds(self, subject: Storage) -> None:
        odd: dict[str, Any] = {
            "role": Role.ADMIN,
            "is_active": False,
            "is_verified": True,
            "created_at": NOW + DAY,
            "full_name": "Ada Lovelace",
        }
        traits = list(_choices(odd))
        made = (a_user(f"u{at}", **those) for at, those in enumerate(traits))
        users = await keep(subject, *made)
        wanted = odd | {"created_after": NOW, "text": "love"}
        del wanted["created_at"], wanted["full_name"]

        for asked in _choices(wanted):
            await _assert_found(subject, users, UserFilter(**asked))
        for alone in (
            UserFilter(role=Role.USER),
            UserFilter(is_active=True),
            UserFilter(is_verified=False),
            UserFilter(text="love", role=Role.USER, is_active=True, is_verified=False),
        ):
            await _assert_found(subject, users, alone)

    async def test_created_after_is_a_moment_and_excludes_it(
        self, subject: Storage
    ) -> None:
        times = (NOW - MOMENT, ELSEWHERE, NOW + MOMENT)
        await keep(
            subject, *(a_user(f"u{n}", created_at=at) for n, at in enumerate(times))
        )

        for at, ids in (
            (NOW - DAY, [1, 2, 3]),
            (NOW - MOMENT, [2, 3]),
            (ELSEWHERE, [3]),
            (ELSEWHERE + MOMENT, []),
        ):
            found = await all_at_once(users_of(subject, UserFilter(created_after=at)))
            assert ids == [user.id for user in found]

    async def test_users_are_counted_as_far_as_was_asked(
        self, subject: Storage
    ) -> None:
        users = [a_user(f"u{n}", is_active=n % 2 == 0) for n in range(9)]
        await keep(subject, *users)
        everybody, few = (
            users_of(subject),
            users_of(subject, UserFilter(is_active=False)),
        )
        first = await everybody(after=None, limit=2, count_to=20)
        behind = first.items[-1][0]

        totals = [
            (await look(after=after, limit=limit, count_to=count_to)).total
            for look in (everybody, few)
            for after in (None, behind)
            for limit, count_to in ((1, 99), (9, 9), (99, 3))
        ]

        assert [9, 9, 3] * 2 + [4, 4, 3] * 2 == totals


def _choices(of: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every way to take some and leave others."""
    takes = product((False, True), repeat=len(of))
    return [
        {name: of[name] for name, taken in zip(of, each, strict=True) if taken}
        for each in takes
    ]


async def _assert_found(
    storage: Storage, users: list[User], wanted: UserFilter
) -> None:
    found = await all_at_once(users_of(storage, wanted))
    expected = [user for user in users if _all_holds(user, wanted)]
    assert (wanted, expected) == (wanted, found)


def _all_holds(user: User, wanted: UserFilter) -> bool:
    holds = {
        "text": (wanted.text or "") in user.search_text,
        "created_after": user.created_at > (wanted.created_after or user.created_at),
    } | {
        name: getattr(user, name) == getattr(wanted, name)
        for name in ("role", "is_active", "is_verified")
    }
    asked = (f.name for f in fields(wanted) if getattr(wanted, f.name) is not None)
    return all(holds[name] for name in asked)
