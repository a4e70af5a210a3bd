"""Faults of removing who never proved the address."""

from asyncio import sleep
from dataclasses import replace

from adapters.storage.memory.tokens import MemoryTokens
from adapters.storage.memory.users import MemoryUsers
from core.model import EndReason, OneTimeToken, Purpose, TokenId, User
from tests.adapters.broken_storage import Rest, breaks

VERIFY, RESET = Purpose.VERIFY_EMAIL, Purpose.RESET_PASSWORD


@breaks("no verified user is removed")
class RemovesTheVerified(MemoryUsers):
    async def remove_unverified(self, token_id: TokenId, **rest: Rest) -> bool:
        if token := self.tables.tokens.get(token_id):
            self.tables.update(self.tables.users[token.user_id], is_verified=False)
        return await super().remove_unverified(token_id, **rest)


@breaks("what is no good verification token removes nobody")
class RemovesByAnyToken(MemoryUsers):
    async def remove_unverified(self, token_id: TokenId, **rest: Rest) -> bool:
        if token := self.tables.tokens.get(token_id):
            self.tables.tokens[token_id] = replace(token, purpose=VERIFY)
        return await super().remove_unverified(token_id, **rest)


@breaks(
    "no verified user is removed", "what is no good verification token removes nobody"
)
class RemovesByASpentToken(MemoryUsers):
    async def remove_unverified(self, token_id: TokenId, **rest: Rest) -> bool:
        if token := self.tables.tokens.get(token_id):
            self.tables.tokens[token_id] = replace(token, spent_at=None)
            self.tables.update(self.tables.users[token.user_id], is_verified=False)
        return await super().remove_unverified(token_id, **rest)


@breaks("what is no good verification token removes nobody")
class RemovesByAnOldToken(MemoryUsers):
    async def remove_unverified(self, token_id: TokenId, **rest: Rest) -> bool:
        if token := self.tables.tokens.get(token_id):
            rest["at"] = min(rest["at"], token.expires_at.replace(year=2000))
        return await super().remove_unverified(token_id, **rest)


@breaks(
    "nothing begins for who is being removed",
    "of many who verify or remove one succeeds",
    "of who is removed nothing stays but events",
    "the names of who is removed are free but not the id",
    "who is removed can do nothing more",
)
class OnlySaysSo(MemoryUsers):
    async def remove_unverified(self, token_id: TokenId, **rest: Rest) -> bool:
        before = [self.tables.account(user) for user in self.tables.users.values()]
        done = await super().remove_unverified(token_id, **rest)
        self.tables.put(before)
        return done


@breaks(
    "of who is removed nothing stays but events", "who is removed can do nothing more"
)
class KeepsTheSessions(MemoryUsers):
    async def remove_unverified(self, token_id: TokenId, **rest: Rest) -> bool:
        before = self.tables.sessions
        done = await super().remove_unverified(token_id, **rest)
        self.tables.sessions = before
        return done


@breaks(
    "of who is removed nothing stays but events", "who is removed can do nothing more"
)
class KeepsTheResetToken(MemoryUsers):
    async def remove_unverified(self, token_id: TokenId, **rest: Rest) -> bool:
        before = dict(self.tables.tokens)
        done = await super().remove_unverified(token_id, **rest)
        resets = {k: t for k, t in before.items() if t.purpose is RESET}
        self.tables.tokens.update(resets)
        return done


@breaks(
    "of many who verify or remove one succeeds",
    "of who is removed nothing stays but events",
)
class ForgetsTheEvents(MemoryUsers):
    async def remove_unverified(self, token_id: TokenId, **rest: Rest) -> bool:
        token = self.tables.tokens.get(token_id)
        done = await super().remove_unverified(token_id, **rest)
        if done and token:
            kept = self.tables.events.items()
            self.tables.events = {k: e for k, e in kept if e.user_id != token.user_id}
        return done


@breaks(
    "no administrator is removed as unverified",
    "no verified user is removed",
    "of many who verify or remove one succeeds",
    "what is no good verification token removes nobody",
)
class TellsOfRemovalsNotMade(MemoryUsers):
    async def remove_unverified(self, token_id: TokenId, **rest: Rest) -> bool:
        done = await super().remove_unverified(token_id, **rest)
        if not done:
            self.tables.record(rest["events"])
        return done


@breaks("the names of who is removed are free but not the id")
class GivesTheIdAgain(MemoryUsers):
    async def remove_unverified(self, token_id: TokenId, **rest: Rest) -> bool:
        done = await super().remove_unverified(token_id, **rest)
        self.tables.highest_user = max(self.tables.users, default=0)
        return done


@breaks("the names of who is removed are free but not the id")
class KeepsTheNames(MemoryUsers):
    async def remove_unverified(self, token_id: TokenId, **rest: Rest) -> bool:
        before = dict(self.tables.usernames)
        done = await super().remove_unverified(token_id, **rest)
        self.tables.usernames.update(before)
        return done


@breaks("nobody else is removed")
class RemovesEverybody(MemoryUsers):
    async def remove_unverified(self, token_id: TokenId, **rest: Rest) -> bool:
        done = await super().remove_unverified(token_id, **rest)
        if done:
            for user in list(self.tables.users.values()):
                self.tables.remove(user)
        return done


@breaks(
    "no administrator is removed as unverified",
    "of many who verify or remove one succeeds",
)
class LooksBeforeItRemoves(MemoryUsers):
    async def remove_unverified(self, token_id: TokenId, **rest: Rest) -> bool:
        token = self.tables.good(token_id, VERIFY, rest["at"])
        if token is None or self.tables.users[token.user_id].is_verified:
            return False
        await sleep(0)
        if user := self.tables.users.get(token.user_id):
            self.tables.remove(user)
        self.tables.record(rest["events"])
        return True


@breaks(
    "a spent verification token stays until it expires",
    "a verification token is spent once",
)
class SpendsNothing(MemoryUsers):
    async def verify_email(self, token_id: TokenId, **rest: Rest) -> User | None:
        before = self.tables.tokens.get(token_id)
        user = await super().verify_email(token_id, **rest)
        if before:
            self.tables.tokens[token_id] = before
        return user


@breaks("a spent verification token stays until it expires")
class ForgetsSpentTokens(MemoryUsers):
    async def verify_email(self, token_id: TokenId, **rest: Rest) -> User | None:
        user = await super().verify_email(token_id, **rest)
        if user:
            del self.tables.tokens[token_id]
        return user


@breaks(
    "of who is removed nothing stays but events", "who is removed can do nothing more"
)
class EndsTheSessionsOnly(MemoryUsers):
    async def remove_unverified(self, token_id: TokenId, **rest: Rest) -> bool:
        token, before = self.tables.tokens.get(token_id), self.tables.sessions
        done = await super().remove_unverified(token_id, **rest)
        if done and token:
            theirs = [s for s in before.values() if s.user_id == token.user_id]
            self.tables.end(theirs, rest["at"], EndReason.LOGGED_OUT)
        return done


@breaks(
    "nobody who is gone gets a token",
    "nothing begins for who is being deleted",
    "nothing begins for who is being removed",
)
class IssuesToAnybody(MemoryTokens):
    async def issue(self, token: OneTimeToken, **rest: Rest) -> None:
        await super().issue(token, **rest)
        if token.user_id not in self.tables.users:
            self.tables.tokens[token.id] = token


@breaks("nobody who is gone gets a token")
class TellsOfWhoIsGone(MemoryTokens):
    async def issue(self, token: OneTimeToken, **rest: Rest) -> None:
        await super().issue(token, **rest)
        if token.user_id not in self.tables.users:
            self.tables.record(rest["events"])


@breaks("a newer token voids a spent one too")
class KeepsSpentTokens(MemoryTokens):
    async def issue(self, token: OneTimeToken, **rest: Rest) -> None:
        before = [t for t in self.tables.tokens.values() if t.spent_at]
        await super().issue(token, **rest)
        self.tables.tokens.update({t.id: t for t in before})
