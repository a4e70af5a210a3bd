"""Storages that are wrong on purpose, as storages are wrong: seldom, and not for everybody."""

from asyncio import get_running_loop, sleep
from collections.abc import Collection, Mapping
from copy import copy
from dataclasses import dataclass, fields, replace
from random import Random

from adapters.storage.memory import MemoryStorage
from adapters.storage.memory.sessions import MemorySessions
from adapters.storage.memory.tables import Tables
from adapters.storage.memory.users import MemoryUsers
from core.errors import EmailTaken
from core.model import (
    Credentials,
    Identity,
    Purpose,
    Session,
    SessionId,
    TokenId,
    User,
    UserId,
)
from core.ports import Storage
from tests.adapters.broken_storage import Rest
from tests.history.faults import Fault
from tests.history.recording import Recorder

A_MOMENT = 0.02
"""Seconds between looking and writing, where they should be one step."""

LAG = 0.1
"""Seconds by which a follower is behind."""


class ForgetsAChange(MemoryUsers):
    """Of every third user a change of the password is told to be stored, and is not."""

    async def change_password(self, user_id: UserId, **rest: Rest) -> bool:
        before = await self.account(user_id)
        changed = await super().change_password(user_id, **rest)
        if before and changed and user_id % 3 == 0:
            self.tables.users[user_id] = before.user
            self.tables.credentials[user_id] = before.credentials
        return changed


class AdvancesForRacers(MemorySessions):
    """Of two who advance one generation, both succeed."""

    async def advance(self, session: Session, **rest: Rest) -> bool:
        stored = self.tables.sessions.get(session.id)
        if not stored or stored.ended_at or stored.generation + 1 != session.generation:
            return False
        await sleep(A_MOMENT)
        now = self.tables.sessions[session.id]
        self.tables.sessions[session.id] = replace(now, generation=stored.generation)
        return await super().advance(session, **rest)


class OpensForAnyPassword(MemorySessions):
    """A log-in that was checked against the password before opens a session."""

    async def open(self, session: Session, **rest: Rest) -> bool:
        if user := self.tables.users.get(session.user_id):
            rest["stamp"] = user.stamp
        return await super().open(session, **rest)


class SpendsAResetTwice(MemoryUsers):
    """Of two who spend one token, both succeed."""

    async def reset_password(self, token_id: TokenId, **rest: Rest) -> User | None:
        token = self.tables.good(token_id, Purpose.RESET_PASSWORD, rest["at"])
        await sleep(A_MOMENT)
        if token:
            self.tables.tokens[token_id] = token
        return await super().reset_password(token_id, **rest)


class AddsForRacers(MemoryUsers):
    """Of two who register with one address, both succeed."""

    async def add(self, user: User, credentials: Credentials, **rest: Rest) -> User:
        if user.email_key in self.tables.emails:
            raise EmailTaken
        await sleep(A_MOMENT)
        self.tables.emails.pop(user.email_key, None)
        self.tables.usernames.pop(user.username_key, None)
        return await super().add(user, credentials, **rest)


class RevivesSessions(MemorySessions):
    """A refresh that raced the end of its session takes it back."""

    async def advance(self, session: Session, **rest: Rest) -> bool:
        stored = self.tables.sessions.get(session.id)
        await sleep(A_MOMENT)
        now = self.tables.sessions.get(session.id)
        if stored and now and not stored.ended_at:
            self.tables.sessions[session.id] = replace(now, ended_at=None)
        return await super().advance(session, **rest)


class LooksTwice(MemorySessions):
    """The session is of one moment, and its user of another."""

    async def identities(
        self, session_ids: Collection[SessionId]
    ) -> Mapping[SessionId, Identity]:
        before = await super().identities(session_ids)
        await sleep(A_MOMENT)
        after = await super().identities(session_ids)
        return {i: Identity(before[i].session, after[i].user) for i in before}


@dataclass(frozen=True, slots=True)
class Leader(MemorySessions):
    """Notes when sessions end."""

    ended: dict[SessionId, float]

    async def end(self, session_id: SessionId, **rest: Rest) -> bool:
        self.ended.setdefault(session_id, get_running_loop().time())
        return await MemorySessions.end(self, session_id, **rest)


@dataclass(frozen=True, slots=True)
class Follower(Leader):
    """Sees a moment later that a session has ended, whoever was told of it."""

    async def identities(
        self, session_ids: Collection[SessionId]
    ) -> Mapping[SessionId, Identity]:
        found = await MemorySessions.identities(self, session_ids)
        late = get_running_loop().time() - LAG
        return {
            i: replace(it, session=replace(it.session, ended_at=None))
            if self.ended.get(i, 0) > late
            else it
            for i, it in found.items()
        }


def leader_and_follower() -> tuple[Storage, Storage]:
    """Return what two replicas see of one storage."""
    leader = MemoryStorage.from_url("memory://")
    tables, ended = leader.sessions.tables, dict[SessionId, float]()
    return (
        replace(leader, sessions=Leader(tables, ended)),
        replace(leader, sessions=Follower(tables, ended)),
    )


def loses_the_latest(tables: Tables) -> Fault:
    """Return the fault that lets another server take over, which is a moment behind."""

    async def take_over(_: Random, recorder: Recorder) -> None:
        behind = {it.name: copy(getattr(tables, it.name)) for it in fields(tables)}
        await sleep(LAG)
        recorder.tell("another server takes over")
        for name, value in behind.items():
            setattr(tables, name, value)

    return take_over
