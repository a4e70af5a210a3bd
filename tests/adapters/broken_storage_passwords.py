"""Faults of what tokens are spent for, and of replacing hashes."""

from asyncio import sleep
from dataclasses import replace
from datetime import UTC, timedelta

from adapters.storage.memory.users import MemoryUsers
from core.model import EndReason, Purpose, Role, TokenId, User, UserId
from tests.adapters.broken_storage import Rest, breaks


@breaks("verifying marks the user and nothing else")
class VerifiesWithoutATrace(MemoryUsers):
    async def verify_email(self, token_id: TokenId, **rest: Rest) -> User | None:
        user = await super().verify_email(token_id, **rest)
        return user and self.tables.update(user, updated_at=user.created_at)


@breaks("a verification token is spent once")
class LooksForTheVerificationFirst(MemoryUsers):
    async def verify_email(self, token_id: TokenId, **rest: Rest) -> User | None:
        token = self.tables.tokens.get(token_id)
        await sleep(0)
        if token:
            self.tables.tokens[token_id] = token
        return await super().verify_email(token_id, **rest)


@breaks("what is no verification token verifies nothing")
class VerifiesByAnyToken(MemoryUsers):
    async def verify_email(self, token_id: TokenId, **rest: Rest) -> User | None:
        if token := self.tables.tokens.get(token_id):
            verifying = replace(token, purpose=Purpose.VERIFY_EMAIL)
            self.tables.tokens[token_id] = verifying
        return await super().verify_email(token_id, **rest)


@breaks(
    "a spent verification token stays until it expires",
    "a time of another offset is compared as an instant",
    "a verification token is good until it expires",
    "times of changes come back in utc",
    "verifying marks the user and nothing else",
    "what is written to the archive works",
)
class VerifiesAtTheLastMoment(MemoryUsers):
    async def verify_email(self, token_id: TokenId, **rest: Rest) -> User | None:
        rest["at"] -= timedelta(milliseconds=1)
        return await super().verify_email(token_id, **rest)


@breaks(
    "a verification token is good until it expires",
    "a verification token is spent once",
    "of many who verify or remove one succeeds",
    "what is no verification token verifies nothing",
)
class TellsOfVerificationsNotMade(MemoryUsers):
    async def verify_email(self, token_id: TokenId, **rest: Rest) -> User | None:
        user = await super().verify_email(token_id, **rest)
        if user is None:
            self.tables.record(rest["events"])
        return user


@breaks(
    "a time of another offset is compared as an instant",
    "times of changes come back in utc",
)
class ComparesTimesAsText(MemoryUsers):
    async def verify_email(self, token_id: TokenId, **rest: Rest) -> User | None:
        rest["at"] = rest["at"].replace(tzinfo=UTC)
        return await super().verify_email(token_id, **rest)


@breaks("times of changes come back in utc")
class KeepsTheOffsetOfAVerification(MemoryUsers):
    async def verify_email(self, token_id: TokenId, **rest: Rest) -> User | None:
        user = await super().verify_email(token_id, **rest)
        if user:
            self.tables.users[user.id] = replace(user, updated_at=rest["at"])
        return user


@breaks("a reset replaces the hash and nothing else")
class DemotesAtReset(MemoryUsers):
    async def reset_password(self, token_id: TokenId, **rest: Rest) -> User | None:
        user = await super().reset_password(token_id, **rest)
        return user and self.tables.update(user, role=Role.USER)


@breaks(
    "a reset ends all the users sessions",
    "a session and its user are read at one moment",
    "no log in outlives a reset that it raced",
)
class LeavesSessionsAtReset(MemoryUsers):
    async def reset_password(self, token_id: TokenId, **rest: Rest) -> User | None:
        before = dict(self.tables.sessions)
        user = await super().reset_password(token_id, **rest)
        self.tables.sessions.update(before)
        return user


@breaks("a reset token is spent once")
class LooksForTheResetFirst(MemoryUsers):
    async def reset_password(self, token_id: TokenId, **rest: Rest) -> User | None:
        token = self.tables.tokens.get(token_id)
        await sleep(0)
        if token:
            self.tables.tokens[token_id] = token
        return await super().reset_password(token_id, **rest)


@breaks("what is no reset token resets nothing")
class ResetsByAnyToken(MemoryUsers):
    async def reset_password(self, token_id: TokenId, **rest: Rest) -> User | None:
        if token := self.tables.tokens.get(token_id):
            resetting = replace(token, purpose=Purpose.RESET_PASSWORD)
            self.tables.tokens[token_id] = resetting
        return await super().reset_password(token_id, **rest)


@breaks("a change replaces the hash and nothing else")
class ChangesWithoutATrace(MemoryUsers):
    async def change_password(self, user_id: UserId, **rest: Rest) -> bool:
        changed = await super().change_password(user_id, **rest)
        if changed:
            user = self.tables.users[user_id]
            self.tables.update(user, updated_at=user.created_at)
        return changed


@breaks("a change ends all sessions but one")
class KeepsNoSession(MemoryUsers):
    async def change_password(self, user_id: UserId, **rest: Rest) -> bool:
        return await super().change_password(user_id, **rest | {"keep": ""})


@breaks("a change ends all sessions but one")
class EndsSessionsTwice(MemoryUsers):
    async def change_password(self, user_id: UserId, **rest: Rest) -> bool:
        changed = await super().change_password(user_id, **rest)
        sessions = self.tables.sessions.values()
        ended = [s for s in sessions if s.user_id == user_id and s.ended_at]
        self.tables.end(ended, rest["at"], EndReason.PASSWORD_CHANGED)
        return changed


@breaks("a change voids the users reset tokens")
class LeavesResetTokens(MemoryUsers):
    async def change_password(self, user_id: UserId, **rest: Rest) -> bool:
        before = dict(self.tables.tokens)
        changed = await super().change_password(user_id, **rest)
        self.tables.tokens.update(before)
        return changed


@breaks("a change voids the users reset tokens")
class VoidsVerificationsToo(MemoryUsers):
    async def change_password(self, user_id: UserId, **rest: Rest) -> bool:
        changed = await super().change_password(user_id, **rest)
        if changed:
            self.tables.void(user_id, Purpose.VERIFY_EMAIL)
        return changed


@breaks("one of many changes a password")
class LooksAtTheHashFirst(MemoryUsers):
    async def change_password(self, user_id: UserId, **rest: Rest) -> bool:
        if not self.tables.has_hash(user_id, rest["old_hash"]):
            return False
        await sleep(0)
        now = self.tables.users[user_id].password_hash
        return await super().change_password(user_id, **rest | {"old_hash": now})


@breaks("no change without the stored hash", "one of many changes a password")
class ChangesAnyHash(MemoryUsers):
    async def change_password(self, user_id: UserId, **rest: Rest) -> bool:
        if user := self.tables.users.get(user_id):
            rest["old_hash"] = user.password_hash
        return await super().change_password(user_id, **rest)


@breaks("no change without the stored hash", "one of many changes a password")
class TellsOfChangesNotMade(MemoryUsers):
    async def change_password(self, user_id: UserId, **rest: Rest) -> bool:
        self.tables.record(rest["events"])
        return await super().change_password(user_id, **rest)


@breaks("a hash made anew changes nothing else")
class EndsSessionsForAHash(MemoryUsers):
    async def replace_hash(self, user_id: UserId, **rest: Rest) -> bool:
        replaced = await super().replace_hash(user_id, **rest)
        if replaced:
            user = self.tables.users[user_id]
            self.tables.end(
                self.tables.unended(user_id),
                user.updated_at,
                EndReason.PASSWORD_CHANGED,
            )
        return replaced


@breaks("no hash is replaced but the one read")
class ReplacesAnyHash(MemoryUsers):
    async def replace_hash(self, user_id: UserId, **rest: Rest) -> bool:
        if user := self.tables.users.get(user_id):
            rest["old_hash"] = user.password_hash
        return await super().replace_hash(user_id, **rest)


@breaks("no hash is replaced but the one read")
class LooksAtTheReplacedHashFirst(MemoryUsers):
    async def replace_hash(self, user_id: UserId, **rest: Rest) -> bool:
        if not self.tables.has_hash(user_id, rest["old_hash"]):
            return False
        await sleep(0)
        now = self.tables.users[user_id].password_hash
        return await super().replace_hash(user_id, **rest | {"old_hash": now})
