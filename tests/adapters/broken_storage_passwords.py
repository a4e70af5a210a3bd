"""Faults of what tokens are spent for, and of replacing hashes."""

from asyncio import sleep
from dataclasses import replace
from datetime import UTC, timedelta

from adapters.storage.memory.users import MemoryUsers
from core.model import Purpose, Role, TokenId, User
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


@breaks("a reset replaces the hash proves the address and nothing else")
class DemotesAtReset(MemoryUsers):
    async def reset_password(self, token_id: TokenId, **rest: Rest) -> User | None:
        user = await super().reset_password(token_id, **rest)
        return user and self.tables.update(user, role=Role.USER)


@breaks(
    "a reset replaces the hash proves the address and nothing else",
    "an invitation sets a first password",
)
class LeavesTheAddressUnproved(MemoryUsers):
    async def reset_password(self, token_id: TokenId, **rest: Rest) -> User | None:
        user = await super().reset_password(token_id, **rest)
        return user and self.tables.update(user, is_verified=False)


@breaks(
    "a reset ends all the users sessions",
    "a session and its user are read at one moment",
    "an invitation sets a first password",
    "no log in outlives a reset that it raced",
    "who has no password can be logged in and set one",
)
class LeavesSessionsAtReset(MemoryUsers):
    async def reset_password(self, token_id: TokenId, **rest: Rest) -> User | None:
        before = dict(self.tables.sessions)
        user = await super().reset_password(token_id, **rest)
        self.tables.sessions.update(before)
        return user


@breaks(
    "a reset token is spent once",
)
class LooksForTheResetFirst(MemoryUsers):
    async def reset_password(self, token_id: TokenId, **rest: Rest) -> User | None:
        token = self.tables.tokens.get(token_id)
        await sleep(0)
        if token:
            self.tables.tokens[token_id] = token
        return await super().reset_password(token_id, **rest)


@breaks(
    "a token of another purpose sets no password",
    "an invitation sets a first password",
    "what is no reset token resets nothing",
)
class ResetsByAnyToken(MemoryUsers):
    async def reset_password(self, token_id: TokenId, **rest: Rest) -> User | None:
        if token := self.tables.tokens.get(token_id):
            resetting = replace(token, purpose=Purpose.RESET_PASSWORD)
            self.tables.tokens[token_id] = resetting
        return await super().reset_password(token_id, **rest)
