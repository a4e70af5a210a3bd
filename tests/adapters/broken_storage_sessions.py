"""Faults of log-ins."""

from asyncio import sleep
from collections.abc import Collection, Mapping
from dataclasses import replace

from adapters.storage.memory.sessions import MemorySessions
from core.model import (
    EndReason,
    Identity,
    Session,
    SessionId,
    UserId,
)
from tests.adapters.broken_storage import Rest, breaks


@breaks(
    "a session comes back with its user",
    "noting a client changes nothing else",
    "times come back in utc",
)
class ForgetsRotations(MemorySessions):
    async def open(self, session: Session, **rest: Rest) -> bool:
        return await super().open(replace(session, rotations=()), **rest)


@breaks(
    "a refused log in is not noted",
    "a session opens only for the stored stamp",
    "no log in outlives a change that it raced",
    "no log in outlives a reset that it raced",
)
class OpensForAnyStamp(MemorySessions):
    async def open(self, session: Session, **rest: Rest) -> bool:
        if user := self.tables.users.get(session.user_id):
            rest["stamp"] = user.stamp
        return await super().open(session, **rest)


@breaks(
    "a session opens only for the stored stamp",
    "no session opens for an inactive user",
)
class TellsOfSessionsNotOpened(MemorySessions):
    async def open(self, session: Session, **rest: Rest) -> bool:
        self.tables.record(rest["events"])
        return await super().open(session, **rest)


@breaks(
    "no log in outlives a change that it raced",
    "no log in outlives a reset that it raced",
)
class LooksAtTheStampBeforeItOpens(MemorySessions):
    async def open(self, session: Session, **rest: Rest) -> bool:
        if not self.tables.has_stamp(session.user_id, rest["stamp"]):
            return False
        await sleep(0)
        rest["stamp"] = self.tables.users[session.user_id].stamp
        return await super().open(session, **rest)


@breaks(
    "every change stores its events for delivery",
    "of who is removed nothing stays but events",
    "times come back in utc",
)
class OpensInSilence(MemorySessions):
    async def open(self, session: Session, **rest: Rest) -> bool:
        return await super().open(session, **rest | {"events": []})


@breaks(
    "a session opens only for the stored stamp",
    "no log in outlives a change that it raced",
    "no log in outlives a deactivation that it raced",
    "no log in outlives a reset that it raced",
    "no session opens for an inactive user",
    "of who is removed nothing stays but events",
    "one of many changes a password",
    "only sessions that exist are found",
    "sessions that are over are purged",
    "who ends all sessions ends a successor that comes meanwhile",
)
class KnowsNoOtherSession(MemorySessions):
    async def identities(
        self, session_ids: Collection[SessionId]
    ) -> Mapping[SessionId, Identity]:
        found = await super().identities(session_ids)
        return {session_id: found[session_id] for session_id in session_ids}


@breaks("a session and its user are read at one moment")
class LooksTwice(MemorySessions):
    async def identities(
        self, session_ids: Collection[SessionId]
    ) -> Mapping[SessionId, Identity]:
        before = await super().identities(session_ids)
        await sleep(0)
        after = await super().identities(session_ids)
        return {i: Identity(before[i].session, after[i].user) for i in before}


@breaks("advancing stores what a refresh changes and nothing else")
class StoresTheWholeSession(MemorySessions):
    async def advance(self, session: Session, **rest: Rest) -> bool:
        advanced = await super().advance(session, **rest)
        if advanced:
            self.tables.sessions[session.id] = session
        return advanced


@breaks(
    "an advance is told by the one who makes it",
    "one of many advances a generation",
)
class LooksAtTheGenerationFirst(MemorySessions):
    async def advance(self, session: Session, **rest: Rest) -> bool:
        stored = self.tables.sessions.get(session.id)
        if not stored or stored.generation != session.generation - 1:
            return False
        await sleep(0)
        now = self.tables.sessions[session.id]
        self.tables.sessions[session.id] = replace(now, generation=stored.generation)
        return await super().advance(session, **rest)


@breaks("only the next generation is stored")
class SkipsGenerations(MemorySessions):
    async def advance(self, session: Session, **rest: Rest) -> bool:
        stored = self.tables.sessions.get(session.id)
        if stored and stored.generation < session.generation - 1:
            last = replace(stored, generation=session.generation - 1)
            self.tables.sessions[session.id] = last
        return await super().advance(session, **rest)


@breaks("an ended session does not advance")
class AdvancesEndedSessions(MemorySessions):
    async def advance(self, session: Session, **rest: Rest) -> bool:
        stored = self.tables.sessions.get(session.id)
        if stored and stored.ended_at:
            self.tables.sessions[session.id] = replace(stored, ended_at=None)
        advanced = await super().advance(session, **rest)
        if stored and stored.ended_at:
            now = self.tables.sessions[session.id]
            self.tables.sessions[session.id] = replace(now, ended_at=stored.ended_at)
        return advanced


@breaks("a session stays ended whoever advances it")
class LooksAtTheEndFirst(MemorySessions):
    async def advance(self, session: Session, **rest: Rest) -> bool:
        stored = self.tables.sessions.get(session.id)
        await sleep(0)
        advanced = await super().advance(session, **rest)
        if stored and not stored.ended_at:
            now = self.tables.sessions[session.id]
            self.tables.sessions[session.id] = replace(now, ended_at=None)
        return advanced


@breaks("an ended session says when and why")
class ForgetsTheReason(MemorySessions):
    async def end(self, session_id: SessionId, **rest: Rest) -> bool:
        return await super().end(session_id, **rest | {"reason": EndReason.LOGGED_OUT})


@breaks("one of many ends a session")
class LooksForTheSessionFirst(MemorySessions):
    async def end(self, session_id: SessionId, **rest: Rest) -> bool:
        stored = self.tables.sessions.get(session_id)
        await sleep(0)
        if stored:
            self.tables.sessions[session_id] = stored
        return await super().end(session_id, **rest)


@breaks("there is no end without a session")
class TellsOfEndsThatWereNone(MemorySessions):
    async def end(self, session_id: SessionId, **rest: Rest) -> bool:
        if session_id not in self.tables.sessions:
            self.tables.record(rest["events"])
        return await super().end(session_id, **rest)


@breaks(
    "all of a users sessions end and are counted",
    "all sessions end but the one that is kept",
)
class CountsEndedSessions(MemorySessions):
    async def end_all(self, user_id: UserId, **rest: Rest) -> int:
        ended = await super().end_all(user_id, **rest)
        every = [s for s in self.tables.sessions.values() if s.user_id == user_id]
        return len(every) if ended else 0


@breaks(
    "all of a users sessions end and are counted",
    "all sessions end but the one that is kept",
    "who ends all sessions ends a successor that comes meanwhile",
)
class EndsEverybodysSessions(MemorySessions):
    async def end_all(self, user_id: UserId, **rest: Rest) -> int:
        ended = await super().end_all(user_id, **rest)
        live = [s for s in self.tables.sessions.values() if s.ended_at is None]
        self.tables.end(live, rest["at"], rest["reason"])
        return ended


@breaks("ending all of none is told too", "every change stores its events for delivery")
class EndsNoneInSilence(MemorySessions):
    async def end_all(self, user_id: UserId, **rest: Rest) -> int:
        if not self.tables.unended(user_id):
            return 0
        return await super().end_all(user_id, **rest)


@breaks(
    "all sessions end but the one that is kept",
    "who ends all sessions ends a successor that comes meanwhile",
)
class EndsWhatItSawFirst(MemorySessions):
    async def end_all(self, user_id: UserId, **rest: Rest) -> int:
        seen = {session.id for session in self.tables.unended(user_id)}
        await sleep(0)
        live = [one for one in self.tables.unended(user_id) if one.id in seen]
        self.tables.record(rest["events"])
        return self.tables.end(live, rest["at"], rest["reason"])


@breaks(
    "all sessions end but the one that is kept", "each session is ended by one of many"
)
class CountsFirst(MemorySessions):
    async def end_all(self, user_id: UserId, **rest: Rest) -> int:
        count = len(self.tables.unended(user_id))
        await sleep(0)
        await super().end_all(user_id, **rest)
        return count
