"""Faults of noting who came, and of ending what inactive users have."""

from asyncio import sleep
from dataclasses import replace

from adapters.storage.memory.sessions import MemorySessions
from core.model import EndReason, Session, SessionId, UserId
from tests.adapters.broken_storage import Rest, breaks


@breaks(
    "advancing stores what a refresh changes and nothing else",
    "one of many advances a generation",
)
class ForgetsWhoCame(MemorySessions):
    async def advance(self, session: Session, **rest: Rest) -> bool:
        before = self.tables.sessions.get(session.id)
        client = before.client if before else session.client
        return await super().advance(replace(session, client=client), **rest)


@breaks("an advance is told by the one who makes it")
class TellsOfAdvancesNotMade(MemorySessions):
    async def advance(self, session: Session, **rest: Rest) -> bool:
        self.tables.record(rest["events"])
        return await super().advance(session, **rest | {"events": []})


@breaks("noting a client changes nothing else")
class NotesTheTime(MemorySessions):
    async def note_client(self, session_id: SessionId, **rest: Rest) -> bool:
        noted = await super().note_client(session_id, **rest)
        if noted:
            session = self.tables.sessions[session_id]
            later = replace(session, last_used_at=session.expires_at)
            self.tables.sessions[session_id] = later
        return noted


@breaks("one of many replaces a client")
class LooksAtTheClientFirst(MemorySessions):
    async def note_client(self, session_id: SessionId, **rest: Rest) -> bool:
        before = self.tables.sessions.get(session_id)
        await sleep(0)
        if before:
            self.tables.sessions[session_id] = before
        return await super().note_client(session_id, **rest)


@breaks(
    "one of many replaces a client",
    "only the stored client of a live session is replaced",
)
class ReplacesAnyClient(MemorySessions):
    async def note_client(self, session_id: SessionId, **rest: Rest) -> bool:
        if session := self.tables.sessions.get(session_id):
            rest["old"] = session.client
        return await super().note_client(session_id, **rest)


@breaks("no session opens for an inactive user")
class OpensForTheInactive(MemorySessions):
    async def open(self, session: Session, **rest: Rest) -> bool:
        if self.tables.has_stamp(session.user_id, rest["stamp"]):
            self.tables.sessions[session.id] = session
        return await super().open(session, **rest)


@breaks("what an inactive user had ends and is counted")
class SaysLoggedOut(MemorySessions):
    async def end_of_inactive(self, user_id: UserId, **rest: Rest) -> int:
        theirs = self.tables.unended(user_id)
        ended = await super().end_of_inactive(user_id, **rest)
        self.tables.end(theirs[:ended], rest["at"], EndReason.LOGGED_OUT)
        return ended


@breaks("what was opened since the look stays")
class EndsWhatWasOpenedSince(MemorySessions):
    async def end_of_inactive(self, user_id: UserId, **rest: Rest) -> int:
        ended = await super().end_of_inactive(user_id, **rest)
        since = self.tables.unended(user_id)
        self.tables.end(since, rest["at"], EndReason.USER_INACTIVE)
        return ended


@breaks("sessions of an inactive user end once and are told once")
class LooksForTheSessionsFirst(MemorySessions):
    async def end_of_inactive(self, user_id: UserId, **rest: Rest) -> int:
        theirs = self.tables.unended(user_id)
        await sleep(0)
        self.tables.sessions.update({session.id: session for session in theirs})
        return await super().end_of_inactive(user_id, **rest)


@breaks(
    "nothing is told where nothing was to end",
    "sessions of an inactive user end once and are told once",
)
class TellsOfNothing(MemorySessions):
    async def end_of_inactive(self, user_id: UserId, **rest: Rest) -> int:
        self.tables.record(rest["events"])
        return await super().end_of_inactive(user_id, **rest | {"events": []})
