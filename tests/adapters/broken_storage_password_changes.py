"""Faults of changing passwords, and of replacing hashes."""

from asyncio import sleep
from dataclasses import replace

from adapters.storage.memory.tables import Tables
from adapters.storage.memory.users import MemoryUsers
from core.model import EndReason, OneTimeToken, Purpose, TokenId, User, UserId
from tests.adapters.broken_storage import Rest, breaks


@breaks("a change replaces the hash and nothing else")
class ChangesWithoutATrace(MemoryUsers):
    async def change_password(self, user_id: UserId, **rest: Rest) -> bool:
        changed = await super().change_password(user_id, **rest)
        if changed:
            user = self.tables.users[user_id]
            self.tables.update(user, updated_at=user.created_at)
        return changed


@breaks(
    "a change ends all sessions and opens a successor",
    "a session is renewed or ended and never both",
)
class KeepsTheRenewedSession(MemoryUsers):
    async def change_password(self, user_id: UserId, **rest: Rest) -> bool:
        before = self.tables.sessions.get(rest["renews"])
        changed = await super().change_password(user_id, **rest)
        if changed and before:
            self.tables.sessions[before.id] = before
        return changed


@breaks(
    "a change ends all sessions and opens a successor",
    "a session is renewed or ended and never both",
    "every change stores its events for delivery",
    "no log in outlives a change that it raced",
    "one of many changes a password",
)
class OpensNoSuccessor(MemoryUsers):
    async def change_password(self, user_id: UserId, **rest: Rest) -> bool:
        changed = await super().change_password(user_id, **rest)
        if changed:
            del self.tables.sessions[rest["successor"].id]
        return changed


@breaks("a change ends all sessions and opens a successor")
class EndsSessionsTwice(MemoryUsers):
    async def change_password(self, user_id: UserId, **rest: Rest) -> bool:
        changed = await super().change_password(user_id, **rest)
        sessions = self.tables.sessions.values()
        ended = [s for s in sessions if s.user_id == user_id and s.ended_at]
        self.tables.end(ended, rest["at"], EndReason.PASSWORD_CHANGED)
        return changed


@breaks("mailed tokens stay good through a change but not a new address")
class VoidsResetTokens(MemoryUsers):
    async def change_password(self, user_id: UserId, **rest: Rest) -> bool:
        changed = await super().change_password(user_id, **rest)
        if changed:
            self.tables.void(user_id, Purpose.RESET_PASSWORD)
        return changed


@breaks("mailed tokens stay good through a change but not a new address")
class VoidsVerifications(MemoryUsers):
    async def change_password(self, user_id: UserId, **rest: Rest) -> bool:
        changed = await super().change_password(user_id, **rest)
        if changed:
            self.tables.void(user_id, Purpose.VERIFY_EMAIL)
        return changed


def _kept(tables: Tables, user_id: UserId) -> dict[TokenId, OneTimeToken]:
    """Return what would give a user another address."""
    return {
        it.id: it
        for it in tables.tokens.values()
        if it.user_id == user_id and it.purpose is Purpose.CHANGE_EMAIL
    }


@breaks("mailed tokens stay good through a change but not a new address")
class KeepsANewAddressThroughAChange(MemoryUsers):
    async def change_password(self, user_id: UserId, **rest: Rest) -> bool:
        kept = _kept(self.tables, user_id)
        changed = await super().change_password(user_id, **rest)
        self.tables.tokens.update(kept)
        return changed


@breaks("an invitation sets a first password")
class KeepsANewAddressThroughAReset(MemoryUsers):
    async def reset_password(self, token_id: TokenId, **rest: Rest) -> User | None:
        token = self.tables.tokens.get(token_id)
        kept = _kept(self.tables, token.user_id) if token else {}
        user = await super().reset_password(token_id, **rest)
        self.tables.tokens.update(kept)
        return user


@breaks("one of many changes a password")
class LooksAtTheStampFirst(MemoryUsers):
    async def change_password(self, user_id: UserId, **rest: Rest) -> bool:
        if not self.tables.has_stamp(user_id, rest["stamp"]):
            return False
        before = self.tables.sessions.get(rest["renews"])
        await sleep(0)
        now = self.tables.users[user_id].stamp
        if now != rest["stamp"] and before:
            self.tables.sessions[before.id] = before
        return await super().change_password(user_id, **rest | {"stamp": now})


@breaks("a session is renewed or ended and never both")
class LooksAtTheSessionFirst(MemoryUsers):
    async def change_password(self, user_id: UserId, **rest: Rest) -> bool:
        before = self.tables.sessions.get(rest["renews"])
        await sleep(0)
        if before and self.tables.has_stamp(user_id, rest["stamp"]):
            self.tables.sessions[before.id] = before
        return await super().change_password(user_id, **rest)


@breaks("only a live session of the user is renewed")
class RenewsAnything(MemoryUsers):
    async def change_password(self, user_id: UserId, **rest: Rest) -> bool:
        live = self.tables.unended(user_id)
        if live and rest["renews"] not in {session.id for session in live}:
            rest["renews"] = live[0].id
        return await super().change_password(user_id, **rest)


@breaks("an inactive user changes no password")
class ChangesForTheInactive(MemoryUsers):
    async def change_password(self, user_id: UserId, **rest: Rest) -> bool:
        user = self.tables.users[user_id]
        self.tables.users[user_id] = replace(user, is_active=True)
        changed = await super().change_password(user_id, **rest)
        after = self.tables.users[user_id]
        self.tables.users[user_id] = replace(after, is_active=user.is_active)
        return changed


@breaks(
    "no change without the stored stamp",
)
class ChangesForAnyStamp(MemoryUsers):
    async def change_password(self, user_id: UserId, **rest: Rest) -> bool:
        if user := self.tables.users.get(user_id):
            rest["stamp"] = user.stamp
        return await super().change_password(user_id, **rest)


@breaks(
    "an inactive user changes no password",
    "no change without the stored stamp",
    "one of many changes a password",
    "only a live session of the user is renewed",
)
class TellsOfChangesNotMade(MemoryUsers):
    async def change_password(self, user_id: UserId, **rest: Rest) -> bool:
        self.tables.record(rest["events"])
        return await super().change_password(user_id, **rest | {"events": []})


@breaks(
    "a hash made anew changes nothing else",
    "no hash that is made anew undoes a change it raced",
    "the stamp grows with every change of a user but by log ins",
)
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


@breaks(
    "no hash is made anew without the stored stamp",
)
class RehashesForAnyStamp(MemoryUsers):
    async def replace_hash(self, user_id: UserId, **rest: Rest) -> bool:
        if user := self.tables.users.get(user_id):
            rest["stamp"] = user.stamp
        return await super().replace_hash(user_id, **rest)


@breaks(
    "no hash is made anew but of the stored one",
    "no hash that is made anew undoes a change it raced",
)
class LooksAtTheStampBeforeItRehashes(MemoryUsers):
    async def replace_hash(self, user_id: UserId, **rest: Rest) -> bool:
        if not self.tables.has_stamp(user_id, rest["stamp"]):
            return False
        await sleep(0)
        user = self.tables.users[user_id]
        old_hash = self.tables.account(user).credentials.password_hash
        return await super().replace_hash(
            user_id, **rest | {"stamp": user.stamp, "old_hash": old_hash}
        )


@breaks("no hash is made anew but of the stored one")
class RehashesAnyHash(MemoryUsers):
    async def replace_hash(self, user_id: UserId, **rest: Rest) -> bool:
        if user := self.tables.users.get(user_id):
            rest["old_hash"] = self.tables.account(user).credentials.password_hash
        return await super().replace_hash(user_id, **rest)
