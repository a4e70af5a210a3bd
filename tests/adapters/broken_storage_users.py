"""Faults of accounts."""

from asyncio import sleep
from dataclasses import replace
from fnmatch import fnmatchcase
from unicodedata import normalize

from adapters.storage.memory.users import MemoryUsers
from core.errors import EmailTaken, UsernameTaken
from core.model import Credentials, Role, User, UserId
from tests.adapters.broken_storage import Rest, breaks


@breaks(
    "a ping leaves no trace",
    "a user comes back as it was added",
    "every change stores its events for delivery",
    "many callers at once are all served",
    "users are numbered from one",
    "asking for rights leaves no trace",
)
class NumbersFromTwo(MemoryUsers):
    async def add(self, user: User, credentials: Credentials, **rest: Rest) -> User:
        self.tables.highest_user = self.tables.highest_user or 1
        return await super().add(user, credentials, **rest)


@breaks(
    "a user comes back as it was added",
    "an administrator may go while another stays",
    "no administrator is removed as unverified",
    "the last administrator may change otherwise",
    "the last administrator stays",
    "users are counted by what they are now",
)
class MakesAdminsUsers(MemoryUsers):
    async def add(self, user: User, credentials: Credentials, **rest: Rest) -> User:
        return await super().add(replace(user, role=Role.USER), credentials, **rest)


@breaks("an address is kept as typed and found by its key")
class KeepsTheKeyOnly(MemoryUsers):
    async def add(self, user: User, credentials: Credentials, **rest: Rest) -> User:
        return await super().add(
            replace(user, email=user.email_key), credentials, **rest
        )


@breaks("any text comes back unchanged")
class StripsNames(MemoryUsers):
    async def add(self, user: User, credentials: Credentials, **rest: Rest) -> User:
        name = user.full_name and user.full_name.strip()
        return await super().add(replace(user, full_name=name), credentials, **rest)


@breaks(
    "a refused user leaves nothing behind",
    "a taken email is refused",
    "many callers at once are all served",
    "nothing is unique but the keys as they are",
    "one of many gets an email",
    "the email is complained of before the username",
    "who was changed is found by what they are called now",
)
class LetsAnEmailBeTaken(MemoryUsers):
    async def add(self, user: User, credentials: Credentials, **rest: Rest) -> User:
        self.tables.emails.pop(user.email_key, None)
        return await super().add(user, credentials, **rest)


@breaks(
    "a refused user leaves nothing behind",
    "a taken username is refused",
    "one of many gets a username",
    "who was changed is found by what they are called now",
)
class LetsAUsernameBeTaken(MemoryUsers):
    async def add(self, user: User, credentials: Credentials, **rest: Rest) -> User:
        self.tables.usernames.pop(user.username_key, None)
        return await super().add(user, credentials, **rest)


@breaks(
    "many callers at once are all served",
    "the email is complained of before the username",
)
class ComplainsOfTheUsernameFirst(MemoryUsers):
    async def add(self, user: User, credentials: Credentials, **rest: Rest) -> User:
        if user.username_key in self.tables.usernames:
            raise UsernameTaken
        return await super().add(user, credentials, **rest)


@breaks(
    "a refused user leaves nothing behind",
    "many callers at once are all served",
    "one of many gets a username",
    "one of many gets an email",
)
class StoresEventsFirst(MemoryUsers):
    async def add(self, user: User, credentials: Credentials, **rest: Rest) -> User:
        self.tables.record(rest["events"])
        return await super().add(user, credentials, **rest)


@breaks("a refused user leaves nothing behind")
class StoresTheTokenFirst(MemoryUsers):
    async def add(self, user: User, credentials: Credentials, **rest: Rest) -> User:
        if rest["token"]:
            self.tables.tokens[rest["token"].id] = rest["token"]
        return await super().add(user, credentials, **rest)


@breaks("many callers at once are all served", "one of many gets an email")
class LooksForTheEmailFirst(MemoryUsers):
    async def add(self, user: User, credentials: Credentials, **rest: Rest) -> User:
        if user.email_key in self.tables.emails:
            raise EmailTaken
        await sleep(0)
        self.tables.emails.pop(user.email_key, None)
        return await super().add(user, credentials, **rest)


@breaks("one of many gets a username")
class LooksForTheUsernameFirst(MemoryUsers):
    async def add(self, user: User, credentials: Credentials, **rest: Rest) -> User:
        if user.email_key in self.tables.emails:
            raise EmailTaken
        if user.username_key in self.tables.usernames:
            raise UsernameTaken
        await sleep(0)
        self.tables.usernames.pop(user.username_key, None)
        return await super().add(user, credentials, **rest)


@breaks("token and events get the new users id")
class LeavesTheTokenUnowned(MemoryUsers):
    async def add(self, user: User, credentials: Credentials, **rest: Rest) -> User:
        added = await super().add(user, credentials, **rest)
        if rest["token"]:
            self.tables.tokens[rest["token"].id] = rest["token"]
        return added


@breaks("many callers at once are all served", "token and events get the new users id")
class LeavesTheEventsUnowned(MemoryUsers):
    async def add(self, user: User, credentials: Credentials, **rest: Rest) -> User:
        added = await super().add(user, credentials, **rest)
        self.tables.record(rest["events"])
        return added


@breaks("times come back in utc")
class KeepsTheUsersOffset(MemoryUsers):
    async def add(self, user: User, credentials: Credentials, **rest: Rest) -> User:
        added = await super().add(user, credentials, **rest)
        self.tables.users[added.id] = as_given = replace(user, id=added.id)
        return as_given


@breaks("an unknown user is none")
class FindsSomebody(MemoryUsers):
    async def get(self, user_id: UserId) -> User | None:
        return await super().get(user_id) or await super().get(1)


@breaks(
    "an address is kept as typed and found by its key",
    "nothing is unique but the keys as they are",
    "texts are no patterns",
)
class FoldsTheKeyItself(MemoryUsers):
    async def by_email(self, email_key: str) -> User | None:
        return await super().by_email(email_key.lower())


@breaks("nothing is unique but the keys as they are")
class MakesTheKeysItself(MemoryUsers):
    async def add(self, user: User, credentials: Credentials, **rest: Rest) -> User:
        key = normalize("NFKC", user.email_key).casefold()
        return await super().add(replace(user, email_key=key), credentials, **rest)


@breaks("texts are no patterns")
class FindsByPattern(MemoryUsers):
    async def by_email(self, email_key: str) -> User | None:
        matching = (key for key in self.tables.emails if fnmatchcase(key, email_key))
        return await super().by_email(next(matching, email_key))
