"""Faults of changing users."""

from asyncio import sleep
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from adapters.storage.memory.users import MemoryUsers
from core.errors import EmailTaken, UsernameTaken
from core.model import User, UserChange
from tests.adapters.broken_storage import Rest, breaks


class Changes(MemoryUsers):
    """Makes another change than it was asked for."""

    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        return await super().change(self.made(change), **rest)

    def made(self, change: UserChange) -> UserChange:
        return change


def keeps(*names: str) -> Callable[[UserChange], UserChange]:
    """Leave fields as they were."""

    def made(change: UserChange) -> UserChange:
        kept = {name: getattr(change.before, name) for name in names}
        return replace(change, after=replace(change.after, **kept))

    return made


@breaks(
    "a change stores all that may change and nothing else",
    "names can be given up and times are kept in utc",
)
class KeepsTheLanguage(Changes):
    def made(self, change: UserChange) -> UserChange:
        return keeps("locale")(change)


@breaks(
    "a change stores all that may change and nothing else",
    "nobody gets the names of others",
    "who was changed is found by what they are called now",
)
class KeepsTheUsername(Changes):
    def made(self, change: UserChange) -> UserChange:
        return keeps("username")(change)


@breaks(
    "a change stores all that may change and nothing else",
    "nobody gets the names of others",
    "who was changed is found by what they are called now",
)
class KeepsTheAddress(Changes):
    def made(self, change: UserChange) -> UserChange:
        return keeps("email", "email_key")(change)


@breaks("names can be given up and times are kept in utc")
class ChangesOnlyWhatIsNotNone(Changes):
    def made(self, change: UserChange) -> UserChange:
        name = change.after.full_name or change.before.full_name
        return replace(change, after=replace(change.after, full_name=name))


class ChangesLater(MemoryUsers):
    """Does something more to whom it changed."""

    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        after = await super().change(change, **rest)
        return after and self.tables.update(after, **self.more(change))

    def more(self, _: UserChange) -> dict[str, Any]:
        return {}


@breaks(
    "a change stores all that may change and nothing else",
    "every change stores its events for delivery",
    "names can be given up and times are kept in utc",
    "one of many changes a user",
)
class LeavesTheStampAtAnEdit(ChangesLater):
    def more(self, change: UserChange) -> dict[str, Any]:
        return {"stamp": change.before.stamp}


@breaks("a change stores all that may change and nothing else")
class TakesTheStampItIsGiven(ChangesLater):
    def more(self, change: UserChange) -> dict[str, Any]:
        return {"stamp": change.after.stamp + 1}


@breaks("a change stores all that may change and nothing else")
class TakesTheLastLogIn(ChangesLater):
    def more(self, change: UserChange) -> dict[str, Any]:
        return {"last_login_at": change.after.last_login_at}


@breaks("names can be given up and times are kept in utc")
class KeepsTheOffsetOfAChange(MemoryUsers):
    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        after = await super().change(change, **rest)
        if after is None:
            return None
        as_given = replace(after, updated_at=change.after.updated_at)
        self.tables.users[after.id] = as_given
        return as_given


@breaks("a change stores all that may change and nothing else")
class ForgetsTheDevices(MemoryUsers):
    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        after = await super().change(change, **rest)
        if after:
            self.tables.devices[after.id] = ()
        return after


@breaks(
    "nobody is changed without the stored stamp",
    "one of many changes a user",
    "the stamp counts before the last administrator",
)
class ChangesWithAnyStamp(MemoryUsers):
    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        if stored := self.tables.users.get(change.before.id):
            before = replace(change.before, stamp=stored.stamp)
            change = replace(change, before=before)
        return await super().change(change, **rest)


@breaks("one of many changes a user")
class LooksAtTheStampBeforeItChanges(MemoryUsers):
    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        if not self.tables.has_stamp(change.before.id, change.before.stamp):
            return None
        await sleep(0)
        stored = self.tables.users[change.before.id]
        return await super().change(replace(change, before=stored), **rest)


@breaks(
    "nobody is changed without the stored stamp",
    "nobody is changed without the token that is to be spent",
    "one of many changes a user",
    "the stamp counts before the last administrator",
)
class TellsOfEditsNotMade(MemoryUsers):
    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        after = await super().change(change, **rest)
        if after is None:
            self.tables.record(rest["events"])
        return after


@breaks(
    "an administrator may go while another stays",
    "nobody gets the names of others",
    "nobody is changed without the token that is to be spent",
    "the last administrator stays",
)
class TellsOfAnEditFirst(MemoryUsers):
    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        if self.tables.has_stamp(change.before.id, change.before.stamp):
            self.tables.record(rest["events"])
        return await super().change(change, **rest)


@breaks(
    "an administrator may go while another stays",
    "every change stores its events for delivery",
    "of fifty pairs of administrators at one moment one remains",
    "one of many changes a user",
)
class ChangesInSilence(MemoryUsers):
    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        return await super().change(change, **rest | {"events": []})


@breaks("nobody gets the names of others")
class LetsAnAddressBeTaken(MemoryUsers):
    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        key, before = change.after.email_key, dict(self.tables.emails)
        if key != change.before.email_key:
            self.tables.emails.pop(key, None)
        try:
            return await super().change(change, **rest)
        except UsernameTaken:
            self.tables.emails = before
            raise


@breaks("nobody gets the names of others")
class LetsANameBeTaken(MemoryUsers):
    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        key = change.after.username_key
        if key != change.before.username_key:
            self.tables.usernames.pop(key, None)
        return await super().change(change, **rest)


@breaks("nobody gets the names of others")
class RefusesTheOwnName(MemoryUsers):
    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        after = change.after
        if after.email != change.before.email and after.email_key in self.tables.emails:
            raise EmailTaken
        return await super().change(change, **rest)


@breaks("nobody gets the names of others", "nobody is changed without the stored stamp")
class ComplainsOfANewUsernameFirst(MemoryUsers):
    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        user_id, key = change.before.id, change.after.username_key
        if self.tables.usernames.get(key, user_id) != user_id:
            raise UsernameTaken
        return await super().change(change, **rest)


@breaks("who was changed is found by what they are called now")
class LeavesTheOldAddressTaken(MemoryUsers):
    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        before = dict(self.tables.emails)
        after = await super().change(change, **rest)
        self.tables.emails = before | self.tables.emails
        return after
