"""Faults of keeping an administrator."""

from asyncio import sleep
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.storage.memory.tables import Tables
from adapters.storage.memory.users import MemoryUsers
from core.errors import LastAdmin
from core.model import UNSAVED, Credentials, Role, User, UserChange, UserId
from tests.adapters.broken_storage import Rest, breaks
from tests.contract.storage_records import a_user


class Looks(MemoryUsers):
    """Looks in its own way whether an administrator stays."""

    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        before = self.tables.users.get(change.before.id)
        if before and before.stamp == change.before.stamp:
            await self.look(before, change.after)
        with _somebody_else(self.tables):
            return await super().change(change, **rest)

    async def remove(self, user_id: UserId, **rest: Rest) -> bool:
        before = self.tables.users.get(user_id)
        if before and rest["stamp"] in {None, before.stamp}:
            await self.look(before, None)
        with _somebody_else(self.tables):
            return await super().remove(user_id, **rest)

    async def look(self, before: User, after: User | None) -> None:
        """Raise ``LastAdmin`` if nobody stays."""

    def others(self, user: User) -> list[User]:
        return [it for it in self.tables.users.values() if it.id != user.id]


@breaks(
    "an administrator may go while another stays",
    "of fifty pairs of administrators at one moment one remains",
    "the last administrator stays",
    "two administrators never part with each other",
    "who was promoted lets the first administrator go",
)
class LetsTheLastOneGo(Looks):
    """Looks at nothing."""


@breaks(
    "of fifty pairs of administrators at one moment one remains",
    "two administrators never part with each other",
)
class LooksBeforeItLetsGo(Looks):
    async def look(self, before: User, after: User | None) -> None:
        if not self.tables.spares_an_admin(before, after):
            raise LastAdmin
        await sleep(0)


@breaks(
    "an administrator may go while another stays",
    "of fifty pairs of administrators at one moment one remains",
    "the last administrator stays",
    "two administrators never part with each other",
)
class LooksAtChangesOnly(Looks):
    async def look(self, before: User, after: User | None) -> None:
        if after and not self.tables.spares_an_admin(before, after):
            raise LastAdmin


@breaks(
    "an administrator may go while another stays",
    "the last administrator stays",
    "two administrators never part with each other",
    "who can not administer may always go",
)
class LooksAtTheRoleOnly(Looks):
    async def look(self, before: User, after: User | None) -> None:
        had = before.role is Role.ADMIN
        has = after is not None and after.role is Role.ADMIN
        if had and not has and not any(_is_admin(it) for it in self.others(before)):
            raise LastAdmin


@breaks(
    "an administrator may go while another stays",
    "of fifty pairs of administrators at one moment one remains",
    "the last administrator stays",
    "two administrators never part with each other",
)
class CountsInactiveAdministrators(Looks):
    async def look(self, before: User, after: User | None) -> None:
        others = [it for it in self.others(before) if it.role is Role.ADMIN]
        proved = [it for it in others if _has_password(self.tables, it)]
        if not self.tables.spares_an_admin(before, after) and not proved:
            raise LastAdmin


@breaks("the last administrator stays")
class CountsWhoHasNoPassword(Looks):
    async def look(self, before: User, after: User | None) -> None:
        active = [it for it in self.others(before) if _is_admin(it)]
        if not self.tables.spares_an_admin(before, after) and not active:
            raise LastAdmin


@breaks("who can not administer may always go")
class KeepsWhoIsInvited(Looks):
    async def look(self, before: User, after: User | None) -> None:
        goes = _is_admin(before) and not (after and _is_admin(after))
        able = [it for it in self.others(before) if _has_password(self.tables, it)]
        if goes and not any(_is_admin(it) for it in able):
            raise LastAdmin


@breaks(
    "a place holds whoever comes goes and is changed",
    "users are counted by what they are now",
    "who was promoted lets the first administrator go",
)
class KeepsTheFirst(Looks):
    async def look(self, before: User, after: User | None) -> None:
        goes = _is_admin(before) and not (after and _is_admin(after))
        if goes and before.id == 1 and _has_password(self.tables, before):
            raise LastAdmin
        if not self.tables.spares_an_admin(before, after):
            raise LastAdmin


@breaks("the last administrator may change otherwise")
class RefusesEveryChangeOfTheLast(Looks):
    async def look(self, before: User, after: User | None) -> None:  # noqa: ARG002 - that is the fault
        if not self.tables.spares_an_admin(before, None):
            raise LastAdmin


@breaks(
    "an administrator may go while another stays",
    "of fifty pairs of administrators at one moment one remains",
    "two administrators never part with each other",
    "users are counted by what they are now",
    "who was promoted lets the first administrator go",
)
class KeepsTwo(Looks):
    async def look(self, before: User, after: User | None) -> None:
        able = [it for it in self.tables.users.values() if _is_admin(it)]
        able = [it for it in able if _has_password(self.tables, it)]
        goes = before in able and not (after and _is_admin(after))
        if goes and len(able) < 3:
            raise LastAdmin


@breaks("the stamp counts before the last administrator")
class ComplainsBeforeItLooksAtTheStamp(MemoryUsers):
    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        before = self.tables.users.get(change.before.id)
        if before and not self.tables.spares_an_admin(before, change.after):
            raise LastAdmin
        return await super().change(change, **rest)


@breaks("the last administrator stays")
class EndsSessionsOfWhoStays(MemoryUsers):
    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        try:
            return await super().change(change, **rest)
        except LastAdmin:
            self._follow(change)
            raise


@breaks(
    "an administrator may go while another stays",
    "of fifty pairs of administrators at one moment one remains",
    "the last administrator stays",
)
class TellsOfWhoStays(MemoryUsers):
    async def remove(self, user_id: UserId, **rest: Rest) -> bool:
        try:
            return await super().remove(user_id, **rest)
        except LastAdmin:
            self.tables.record(rest["events"])
            raise


@contextmanager
def _somebody_else(tables: Tables) -> Iterator[None]:
    """Let there be an administrator more, who is nobody."""
    tables.users[UNSAVED] = a_user("nobody", role=Role.ADMIN)
    tables.credentials[UNSAVED] = Credentials(password_hash="hash")
    try:
        yield
    finally:
        del tables.users[UNSAVED], tables.credentials[UNSAVED]


def _is_admin(user: User) -> bool:
    return user.role is Role.ADMIN and user.is_active


def _has_password(tables: Tables, user: User) -> bool:
    return tables.credentials[user.id].password_hash is not None
