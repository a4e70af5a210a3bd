"""Faults of what happens with a change of a user."""

from asyncio import sleep
from dataclasses import replace

from adapters.storage.memory.users import MemoryUsers
from core.model import (
    EndReason,
    Found,
    Purpose,
    User,
    UserChange,
    UserFilter,
    UserOrder,
)
from tests.adapters.broken_storage import Rest, breaks
from tests.adapters.broken_storage_user_changes import Changes


@breaks(
    "a change ends all sessions if that is a reason",
    "no log in outlives a deactivation that it raced",
)
class EndsNoSessions(Changes):
    def made(self, change: UserChange) -> UserChange:
        return replace(change, ends_sessions=None)


@breaks("a change stores all that may change and nothing else")
class EndsSessionsAtEveryChange(Changes):
    def made(self, change: UserChange) -> UserChange:
        why = change.ends_sessions or EndReason.USER_INACTIVE
        return replace(change, ends_sessions=why)


@breaks("a change ends all sessions if that is a reason")
class EndsSessionsAgain(MemoryUsers):
    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        after = await super().change(change, **rest)
        if after and change.ends_sessions:
            every = self.tables.sessions.values()
            theirs = [it for it in every if it.user_id == after.id]
            self.tables.end(theirs, after.updated_at, change.ends_sessions)
        return after


@breaks("a change ends all sessions if that is a reason")
class EndsSessionsOfEverybody(MemoryUsers):
    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        after = await super().change(change, **rest)
        if after and change.ends_sessions:
            every = self.tables.sessions.values()
            live = [it for it in every if it.ended_at is None]
            self.tables.end(live, after.updated_at, change.ends_sessions)
        return after


@breaks("no log in outlives a deactivation that it raced")
class EndsWhatItSawBeforeTheChange(MemoryUsers):
    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        seen = self.tables.unended(change.before.id)
        await sleep(0)
        silent = replace(change, ends_sessions=None)
        after = await super().change(silent, **rest)
        if after and change.ends_sessions:
            self.tables.end(seen, after.updated_at, change.ends_sessions)
        return after


@breaks("a change voids the tokens of the purposes it names")
class VoidsNothing(Changes):
    def made(self, change: UserChange) -> UserChange:
        return replace(change, voids=frozenset())


@breaks(
    "a change issues a token in the place of older ones",
    "a change spends its token which is gone then",
    "a change stores all that may change and nothing else",
    "a change voids the tokens of the purposes it names",
)
class VoidsAllOfWhoIsChanged(Changes):
    def made(self, change: UserChange) -> UserChange:
        return replace(change, voids=frozenset(Purpose))


@breaks(
    "a change issues a token in the place of older ones",
    "a change voids the tokens of the purposes it names",
)
class VoidsAllOfAPurpose(MemoryUsers):
    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        after = await super().change(change, **rest)
        for user_id in self.tables.users if after else ():
            for purpose in change.voids:
                if user_id != change.before.id:
                    self.tables.void(user_id, purpose)
        return after


@breaks("a change issues a token in the place of older ones")
class VoidsWhatItIssues(MemoryUsers):
    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        after = await super().change(change, **rest)
        for purpose in change.voids if after else ():
            self.tables.void(change.before.id, purpose)
        return after


@breaks("an issued token takes the place of older ones by itself")
class IssuesBesideOlderOnes(MemoryUsers):
    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        before = dict(self.tables.tokens)
        after = await super().change(change, **rest)
        if after and change.issues and not change.voids:
            self.tables.tokens = before | self.tables.tokens
        return after


@breaks("a change issues a token in the place of older ones")
class IssuesWithoutAnAddress(Changes):
    def made(self, change: UserChange) -> UserChange:
        token = change.issues
        return replace(change, issues=token and replace(token, email=None))


@breaks("a change spends its token which is gone then")
class KeepsWhatItSpends(MemoryUsers):
    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        before = dict(self.tables.tokens)
        after = await super().change(change, **rest)
        if change.spends in before:
            self.tables.tokens[change.spends] = before[change.spends]
        return after


@breaks(
    "a change spends its token which is gone then",
    "nobody is changed without the token that is to be spent",
)
class ChangesWithoutTheToken(Changes):
    def made(self, change: UserChange) -> UserChange:
        is_there = change.spends in self.tables.tokens
        return change if is_there else replace(change, spends=None)


@breaks("nobody is changed without the token that is to be spent")
class SpendsAnOldToken(MemoryUsers):
    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        token = self.tables.tokens.get(change.spends or "")
        if token and token.spent_at is None:
            later = token.expires_at.replace(year=2099)
            self.tables.tokens[token.id] = replace(token, expires_at=later)
        return await super().change(change, **rest)


@breaks("nobody is changed without the token that is to be spent")
class SpendsASpentToken(MemoryUsers):
    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        token = self.tables.tokens.get(change.spends or "")
        if token and token.spent_at:
            self.tables.tokens[token.id] = replace(token, spent_at=None)
        return await super().change(change, **rest)


@breaks(
    "nobody is changed without the stored stamp",
    "nobody is changed without the token that is to be spent",
)
class VoidsBeforeItSpends(MemoryUsers):
    async def change(self, change: UserChange, **rest: Rest) -> User | None:
        after = await super().change(change, **rest)
        if after is None:
            for purpose in change.voids:
                self.tables.void(change.before.id, purpose)
        return after


@breaks("who was changed is found by what they are called now")
class SearchesAsBefore(MemoryUsers):
    async def find(
        self, wanted: UserFilter, order: UserOrder, **rest: Rest
    ) -> Found[User]:
        found = await super().find(wanted, order, **rest)
        if wanted.text is None:
            return found
        items = [it for it in found.items if it[1].stamp == 0]
        return Found(items, len(items))
