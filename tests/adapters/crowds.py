"""
A crowd to look for somebody in, and all that administrators can ask of it.

It is the same in every run. Few are administrators or inactive, many never logged in, some
share a moment, and their names are of several scripts: so the filters are as selective as
they are in life.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product
from random import Random
from typing import Any

from core.model import (
    Account,
    Credentials,
    Locale,
    Place,
    RecordKind,
    Role,
    User,
    UserFilter,
    UserOrder,
    UserSort,
)
from core.ports import Storage

SIZE = 100_000

SPAN = timedelta(days=730)
BEGIN = datetime(2023, 12, 25, 10, 0, 0, 123000, UTC)
END = BEGIN + SPAN

FIRST = [
    "Ada",
    "Bob",
    "Chloé",
    "Dörte",
    "Εὐκλείδης",
    "Фёдор",
    "花子",
    "עדה",
    "Ægir",
    "İpek",
    "Zoe",
    "John",
    "Maria",
]
LAST = [
    "Lovelace",
    "Müller",
    "Ångström",
    "Παπαδοπούλου",
    "Достоевская",
    "山田",
    "לוי",
    "O'Neill",
    "Łoś",
    "Smith",
]
DOMAINS = ["example.com", "example.org", "mail.example.net", "bücher.example"]

ADMINISTRATORS = 5
BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Crowd:
    """Accounts with the ids from 1, in their order; iterable as often as one likes."""

    users: Sequence[User]
    texts: Sequence[str]
    """What each is found by."""
    _sorted: dict[UserOrder, Sequence[int]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Account]:
        for user in self.users:
            devices = ("Firefox on Windows",) if user.last_login_at else ()
            yield Account(user, Credentials(password_hash="hash"), devices)

    def __len__(self) -> int:
        return len(self.users)

    def expected(self, wanted: UserFilter, order: UserOrder) -> list[User]:
        """Return who is wanted, in order."""
        found = ((self.users[at], self.texts[at]) for at in self._in_order(order))
        return [user for user, text in found if _is_wanted(user, text, wanted)]

    def _in_order(self, order: UserOrder) -> Sequence[int]:
        if order not in self._sorted:
            self._sorted[order] = sorted(
                range(len(self.users)),
                key=lambda at: _rank(self.users[at], order.by),
                reverse=order.descending,
            )
        return self._sorted[order]


@cache
def crowd(size: int = SIZE) -> Crowd:
    """Return a crowd of so many; made once in a process."""
    users = list(_people(size))
    return Crowd(users, [user.search_text for user in users])


async def fill(storage: Storage, people: Crowd, *, batch_size: int = BATCH) -> None:
    """Write a crowd by the archive, batch by batch."""
    accounts = list(people)
    for begin in range(0, len(accounts), batch_size):
        batch = accounts[begin : begin + batch_size]
        await storage.archive.write(RecordKind.USERS, batch)


async def assert_walk(  # noqa: PLR0913 - a question, and how it is asked
    storage: Storage,
    people: Crowd,
    wanted: UserFilter,
    order: UserOrder,
    *,
    limit: int = BATCH,
    count_to: int = 10_000,
) -> None:
    """Page to the end: everybody wanted comes once and in order, and every total is right."""
    expected = people.expected(wanted, order)
    after: Place | None = None
    begin = 0
    while True:
        page = await storage.users.find(
            wanted, order, after=after, limit=limit, count_to=count_to
        )
        asked = f"{wanted}, {order}, from {begin}"
        assert min(len(expected), count_to) == page.total, asked
        assert expected[begin : begin + limit] == page.records, asked
        begin += len(page.items)
        if not page.items:
            break
        after = page.items[-1][0]
    assert len(expected) == begin


ORDERS = [
    UserOrder(by, descending) for by, descending in product(UserSort, (False, True))
]
"""Every sort, in both directions."""

TEXTS = ("zoe", "ada lovelace", "müller", "花子", "o'n", "of nobody", "%", "a", "lo")
"""In the form that searches take: frequent ones and rare ones, short ones, and no match."""

_ALONE: dict[str, tuple[Any, ...]] = {
    "text": TEXTS,
    "role": tuple(Role),
    "is_active": (True, False),
    "is_verified": (True, False),
    "created_after": (BEGIN + SPAN / 2, END - timedelta(days=1), END + SPAN),
}

ALONE = [
    UserFilter(),
    *(UserFilter(**{name: it}) for name, values in _ALONE.items() for it in values),
]
"""No filter, and each with each value."""

_TOGETHER = _ALONE | {
    "text": ("zoe", "ada lovelace", "a"),
    "created_after": (BEGIN + SPAN / 2, END - timedelta(days=1)),
}

FILTERS = [
    UserFilter(**dict(zip(_TOGETHER, values, strict=True)))
    for values in product(*((None, *values) for values in _TOGETHER.values()))
]
"""Every combination of filters that the API offers: 324, the empty one first."""

QUESTIONS = list(product(FILTERS, ORDERS))
"""All that can be asked: every combination of filters, in every order."""


def _people(size: int) -> Iterator[User]:
    chance = Random(11)  # noqa: S311 - the same crowd in every run
    created_at, last_login_at = BEGIN, None
    order = chance.sample(range(size), size)
    admins = set(chance.sample(range(size), min(ADMINISTRATORS, size)))
    for at in range(size):
        if chance.random() > 0.02:
            moment = BEGIN + SPAN * (at / size)
            created_at = _in_milliseconds(moment + chance.random() * SPAN / 300)
            logs_in = chance.random() < 0.6
            later = _in_milliseconds(created_at + chance.random() * SPAN / 4)
            last_login_at = later if logs_in else None
        yield _somebody(
            chance,
            id=at + 1,
            number=order[at],
            role=Role.ADMIN if at in admins else Role.USER,
            created_at=created_at,
            last_login_at=last_login_at,
        )


def _somebody(chance: Random, *, number: int, role: Role, **fields: Any) -> User:  # noqa: ANN401 - of a user
    first, last = chance.choice(FIRST), chance.choice(LAST)
    domain = chance.choice(DOMAINS)
    local = first if chance.random() < 0.5 else "User"
    email = f"{local}.{number}@{domain}"
    is_admin = role is Role.ADMIN
    return User(
        email=email,
        email_key=email.lower(),
        username=f"{'Anna' if number % 2 else 'zoran'}_{number:06}",
        full_name=f"{first} {last}" if chance.random() < 0.9 else None,
        role=role,
        is_active=is_admin or chance.random() > 0.01,
        is_verified=is_admin or chance.random() > 0.3,
        locale=chance.choice((None, *Locale)),
        stamp=number % 3,
        updated_at=fields["created_at"],
        **fields,
    )


def _in_milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _rank(user: User, by: UserSort) -> tuple[Any, ...]:
    value = by.value_of(user)
    return (value is not None, value or 0, user.id)


def _is_wanted(user: User, text: str, wanted: UserFilter) -> bool:
    if wanted.text is not None and wanted.text not in text:
        return False
    if wanted.created_after is not None and user.created_at <= wanted.created_after:
        return False
    return (
        wanted.role in {None, user.role}
        and wanted.is_active in {None, user.is_active}
        and wanted.is_verified in {None, user.is_verified}
    )
