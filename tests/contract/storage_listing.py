"""Asking a storage for users, and reading all pages of a list."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from core.model import (
    Found,
    Place,
    RecordKind,
    User,
    UserFilter,
    UserId,
    UserOrder,
)
from core.ports import Storage
from tests.contract.storage_records import an_account

T = TypeVar("T")

EVERYBODY = UserFilter()
BY_ID = UserOrder()

MANY = 99


class Look(Protocol[T]):
    """Asks for a page of a list."""

    def __call__(
        self, *, after: Place | None, limit: int, count_to: int
    ) -> Awaitable[Found[T]]: ...


async def keep(storage: Storage, *users: User) -> list[User]:
    """Store users as a transfer does, numbered from 1; return them."""
    numbered = [replace(user, id=number) for number, user in enumerate(users, start=1)]
    accounts = [an_account(user) for user in numbered]
    await storage.archive.write(RecordKind.USERS, accounts)
    return numbered


def users_of(
    storage: Storage, wanted: UserFilter = EVERYBODY, order: UserOrder = BY_ID
) -> Look[User]:
    def look(**page: Any) -> Awaitable[Found[User]]:  # noqa: ANN401 - where, and how many
        return storage.users.find(wanted, order, **page)

    return look


async def all_at_once(look: Look[T]) -> list[T]:
    """Return all that is listed, of which there are few."""
    found = await look(after=None, limit=MANY, count_to=MANY)
    assert len(found.items) == found.total
    return found.records


async def in_pages(
    look: Look[T],
    limit: int,
    *,
    meanwhile: Callable[[Found[T]], Awaitable[None]] | None = None,
) -> list[Sequence[T]]:
    """Return every page; ``meanwhile`` happens behind each, and is given it."""
    pages: list[Sequence[T]] = []
    after = None
    while len(pages) < MANY:
        page = await look(after=after, limit=limit, count_to=MANY)
        if not page.items:
            break
        pages.append(page.records)
        after = page.items[-1][0]
        if meanwhile is not None:
            await meanwhile(page)
    return pages


async def ids_found(storage: Storage, text: str) -> list[UserId]:
    wanted = UserFilter(text=text)
    return [user.id for user in await all_at_once(users_of(storage, wanted))]
