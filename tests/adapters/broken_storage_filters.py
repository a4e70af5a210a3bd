"""Faults of filtering and counting users."""

from dataclasses import replace

from adapters.storage.memory.users import MemoryUsers
from core.model import Found, User, UserFilter, UserOrder
from tests.adapters.broken_storage import Rest, breaks


class Filters(MemoryUsers):
    """Asks for something else than was asked for."""

    async def find(
        self, wanted: UserFilter, order: UserOrder, **rest: Rest
    ) -> Found[User]:
        return await super().find(self.meant(wanted), order, **rest)

    def meant(self, wanted: UserFilter) -> UserFilter:
        return wanted


@breaks("of who is found every filter holds")
class ForgetsTheTextBesideOtherFilters(Filters):
    def meant(self, wanted: UserFilter) -> UserFilter:
        return replace(wanted, text=None) if wanted.role else wanted


@breaks(
    "of who is found every filter holds", "pages have everybody once in every order"
)
class IgnoresTheRole(Filters):
    def meant(self, wanted: UserFilter) -> UserFilter:
        return replace(wanted, role=None)


@breaks("of who is found every filter holds", "users are counted as far as was asked")
class TakesFalseForUnasked(Filters):
    def meant(self, wanted: UserFilter) -> UserFilter:
        return replace(
            wanted,
            is_active=wanted.is_active or None,
            is_verified=wanted.is_verified or None,
        )


@breaks(
    "created after is a moment and excludes it", "of who is found every filter holds"
)
class FindsWhoWasCreatedThen(Filters):
    def meant(self, wanted: UserFilter) -> UserFilter:
        if wanted.created_after is None:
            return wanted
        just_before = wanted.created_after.replace(microsecond=0)
        return replace(wanted, created_after=just_before)


@breaks("created after is a moment and excludes it")
class ComparesWallClocks(Filters):
    def meant(self, wanted: UserFilter) -> UserFilter:
        if wanted.created_after is None:
            return wanted
        local = wanted.created_after
        return replace(
            wanted, created_after=local - (local.utcoffset() or local - local)
        )


@breaks("users are counted as far as was asked")
class CountsThePage(MemoryUsers):
    async def find(
        self, wanted: UserFilter, order: UserOrder, **rest: Rest
    ) -> Found[User]:
        found = await super().find(wanted, order, **rest)
        return Found(found.items, len(found.items))


@breaks(
    "a name is found in any case and either form",
    "a part of any name is enough to find somebody",
    "created after is a moment and excludes it",
    "nothing that names a removed person is left",
    "of who is found every filter holds",
    "users are counted as far as was asked",
    "what is searched for is text and no pattern",
    "who was changed is found by what they are called now",
)
class CountsEverybody(MemoryUsers):
    async def find(
        self, wanted: UserFilter, order: UserOrder, **rest: Rest
    ) -> Found[User]:
        found = await super().find(wanted, order, **rest)
        return Found(found.items, min(len(self.tables.users), rest["count_to"]))


@breaks("users are counted as far as was asked")
class CountsToTheEnd(MemoryUsers):
    async def find(
        self, wanted: UserFilter, order: UserOrder, **rest: Rest
    ) -> Found[User]:
        return await super().find(wanted, order, **rest | {"count_to": 9999})


@breaks("users are counted as far as was asked")
class CountsWhatIsLeft(MemoryUsers):
    async def find(
        self, wanted: UserFilter, order: UserOrder, **rest: Rest
    ) -> Found[User]:
        found = await super().find(wanted, order, **rest)
        rest_of_it = await super().find(wanted, order, **rest | {"limit": 9999})
        total = min(len(rest_of_it.items), rest["count_to"])
        return Found(found.items, total)
