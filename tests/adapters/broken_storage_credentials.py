"""Faults of credentials, and of stamps."""

from asyncio import sleep
from dataclasses import replace

from adapters.storage.memory.sessions import MemorySessions
from adapters.storage.memory.users import MemoryUsers
from core.model import Account, Credentials, Session, TokenId, User, UserId
from tests.adapters.broken_storage import Rest, breaks


@breaks(
    "an account is a user and their credentials",
    "no hash is made anew but of the stored one",
    "the last administrator stays",
    "who can not administer may always go",
)
class WantsAPassword(MemoryUsers):
    async def add(self, user: User, credentials: Credentials, **rest: Rest) -> User:
        password_hash = credentials.password_hash or ""
        stored = Credentials(password_hash=password_hash)
        return await super().add(user, stored, **rest)


@breaks("there is no account without a user")
class FindsSomebodysAccount(MemoryUsers):
    async def account(self, user_id: UserId) -> Account | None:
        return await super().account(user_id) or await super().account(1)


@breaks("there is no account without a user")
class FoldsTheKeyOfAnAccount(MemoryUsers):
    async def account_by_email(self, email_key: str) -> Account | None:
        return await super().account_by_email(email_key.lower())


@breaks("an account is read at one moment")
class LooksForCredentialsLater(MemoryUsers):
    async def account(self, user_id: UserId) -> Account | None:
        user = self.tables.users.get(user_id)
        await sleep(0)
        return self.tables.account(user) if user else None


@breaks(
    "an invitation sets a first password",
    "who has no password can be logged in and set one",
)
class OpensByPasswordOnly(MemorySessions):
    async def open(self, session: Session, **rest: Rest) -> bool:
        credentials = self.tables.credentials.get(session.user_id)
        if credentials and credentials.password_hash is None:
            return False
        return await super().open(session, **rest)


@breaks(
    "an invitation sets a first password",
    "who has no password can be logged in and set one",
)
class ReplacesAPasswordOnly(MemoryUsers):
    async def reset_password(self, token_id: TokenId, **rest: Rest) -> User | None:
        token = self.tables.tokens.get(token_id)
        if token and self.tables.credentials[token.user_id].password_hash is None:
            return None
        return await super().reset_password(token_id, **rest)


@breaks(
    "a change replaces the hash and nothing else",
    "an account is read at one moment",
    "every change stores its events for delivery",
    "no log in outlives a change that it raced",
    "the stamp grows with every change of a user but by log ins",
)
class LeavesTheStampAtAChange(MemoryUsers):
    async def change_password(self, user_id: UserId, **rest: Rest) -> bool:
        changed = await super().change_password(user_id, **rest)
        if changed:
            self.tables.update(self.tables.users[user_id], stamp=rest["stamp"])
        return changed


@breaks(
    "a reset replaces the hash proves the address and nothing else",
    "a session and its user are read at one moment",
    "an invitation sets a first password",
    "every change stores its events for delivery",
    "no log in outlives a reset that it raced",
    "the stamp counts every new password of a race",
    "the stamp grows with every change of a user but by log ins",
)
class LeavesTheStampAtAReset(MemoryUsers):
    async def reset_password(self, token_id: TokenId, **rest: Rest) -> User | None:
        user = await super().reset_password(token_id, **rest)
        return user and self.tables.update(user, stamp=user.stamp - 1)


@breaks("the stamp counts every new password of a race")
class LooksAtTheStampBeforeAReset(MemoryUsers):
    async def reset_password(self, token_id: TokenId, **rest: Rest) -> User | None:
        token = self.tables.tokens.get(token_id)
        stamp = token and self.tables.users[token.user_id].stamp
        await sleep(0)
        user = await super().reset_password(token_id, **rest)
        return user and self.tables.update(user, stamp=(stamp or 0) + 1)


@breaks(
    "every change stores its events for delivery",
    "the stamp grows with every change of a user but by log ins",
    "verifying marks the user and nothing else",
    "what is written to the archive works",
)
class LeavesTheStampForAnAddress(MemoryUsers):
    async def verify_email(self, token_id: TokenId, **rest: Rest) -> User | None:
        user = await super().verify_email(token_id, **rest)
        return user and self.tables.update(user, stamp=user.stamp - 1)


@breaks(
    "a hash made anew changes nothing else",
    "no hash that is made anew undoes a change it raced",
    "the stamp grows with every change of a user but by log ins",
)
class GrowsTheStampForAHash(MemoryUsers):
    async def replace_hash(self, user_id: UserId, **rest: Rest) -> bool:
        replaced = await super().replace_hash(user_id, **rest)
        if replaced:
            user = self.tables.users[user_id]
            self.tables.users[user_id] = replace(user, stamp=user.stamp + 1)
        return replaced
