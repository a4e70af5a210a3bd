"""What administrators look for, and what is found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeAlias, TypeVar

from core.model.events import EventKind
from core.model.users import Role, User, UserId

T = TypeVar("T")

SortValue: TypeAlias = int | str | datetime | None


class UserSort(StrEnum):
    """What users are listed by; names by their keys, who never logged in before all others."""

    ID = "id"
    EMAIL = "email"
    USERNAME = "username"
    CREATED_AT = "created_at"
    LAST_LOGIN_AT = "last_login_at"

    @property
    def attribute(self) -> str:
        """What of a user is compared: texts character by character, by their code points."""
        is_name = self in {UserSort.EMAIL, UserSort.USERNAME}
        return f"{self}_key" if is_name else self.value

    @property
    def type(self) -> type[int | str | datetime]:
        """Of what type it is, where it is not None."""
        if self is UserSort.ID:
            return int
        is_time = self in {UserSort.CREATED_AT, UserSort.LAST_LOGIN_AT}
        return datetime if is_time else str

    def value_of(self, user: User) -> SortValue:
        """Return what places the user."""
        value: SortValue = getattr(user, self.attribute)
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFilter:
    """
    Which users are meant: those of whom all holds that is not None.

    ``text`` is a part of ``User.search_text``, and never a pattern.
    """

    text: str | None = None
    role: Role | None = None
    is_active: bool | None = None
    is_verified: bool | None = None
    created_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class UserOrder:
    """By what, and by ``id`` where that is equal; all of it backwards if ``descending``."""

    by: UserSort = UserSort.ID
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events are meant: those of which all holds that is not None; times exclusive."""

    user_id: UserId | None = None
    actor_id: UserId | None = None
    kind: EventKind | None = None
    address: str | None = None
    after: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """
    Where a record stands in a list: what it is sorted by, and what tells equal ones apart.

    For users that is the id, for sessions their id, for events their number in the log.
    """

    value: SortValue
    key: int | str


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """
    A page of what was looked for, each with its place.

    ``total`` counts all there is, on other pages, too, and no further than was asked for.
    """

    items: Sequence[tuple[Place, T]]
    total: int

    @property
    def records(self) -> list[T]:
        return [record for _, record in self.items]
