"""Faults of purging, of the schema, and of the storage as a whole."""

from asyncio import sleep
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from adapters.storage.memory import MemoryStorage
from core.errors import Unavailable
from core.model.events import Event, EventKind
from tests.adapters.broken_storage import Rest, breaks

MOMENT = timedelta(milliseconds=1)


@breaks("sessions that are over are purged")
class PurgesNoEndedSessions(MemoryStorage):
    async def purge(self, **rest: Rest) -> int:
        sessions = self.archive.tables.sessions
        ended = {
            s.id: s
            for s in sessions.values()
            if s.ended_at and s.expires_at > rest["at"]
        }
        for session_id in ended:
            del sessions[session_id]
        count = await super().purge(**rest)
        sessions.update(ended)
        return count


@breaks(
    "a purge compares times as instants",
    "a spent verification token stays until it expires",
    "sessions that are over are purged",
    "tokens that expired are purged",
)
class PurgesAtTheLastMoment(MemoryStorage):
    async def purge(self, *, at: datetime, **rest: Rest) -> int:
        return await super().purge(at=at + MOMENT, **rest)


@breaks("sessions that are over are purged")
class PurgesUsersToo(MemoryStorage):
    async def purge(self, *, at: datetime, **rest: Rest) -> int:
        users = self.archive.tables.users
        for user in [user for user in users.values() if user.created_at < at]:
            del users[user.id]
        return await super().purge(at=at, **rest)


@breaks(
    "a purge compares times as instants",
    "a purge ends after so many of each kind",
    "a spent verification token stays until it expires",
    "many purge at once and count each record once",
    "tokens that expired are purged",
)
class PurgesNoTokens(MemoryStorage):
    async def purge(self, **rest: Rest) -> int:
        before = dict(self.archive.tables.tokens)
        count = await super().purge(**rest)
        gone = len(before) - len(self.archive.tables.tokens)
        self.archive.tables.tokens = before
        return count - gone


@breaks("old events are purged")
class PurgesEventsAsSoon(MemoryStorage):
    async def purge(self, *, at: datetime, **rest: Rest) -> int:
        return await super().purge(at=at, **rest | {"keep_events_since": at})


@breaks("what waits for delivery is not purged")
class PurgesWhatWaits(MemoryStorage):
    async def purge(self, **rest: Rest) -> int:
        self.archive.tables.outbox.clear()
        return await super().purge(**rest)


@breaks("what waits for delivery is not purged")
class PurgesWhatIsClaimed(MemoryStorage):
    async def purge(self, **rest: Rest) -> int:
        for event_id in self.archive.tables.attempts:
            self.archive.tables.outbox.pop(event_id, None)
        return await super().purge(**rest)


@breaks("a purge ends after so many of each kind")
class PurgesWithoutEnd(MemoryStorage):
    async def purge(self, *, limit: int, **rest: Rest) -> int:
        return await super().purge(limit=1000 * limit, **rest)


@breaks(
    "a purge compares times as instants",
    "a purge ends after so many of each kind",
    "many purge at once and count each record once",
    "old events are purged",
    "sessions that are over are purged",
    "tokens that expired are purged",
    "what waits for delivery is not purged",
)
class TellsOfNothingPurged(MemoryStorage):
    async def purge(self, **rest: Rest) -> int:
        await super().purge(**rest)
        return 0


@breaks("many purge at once and count each record once")
class CountsBeforeItPurges(MemoryStorage):
    async def purge(self, *, at: datetime, **rest: Rest) -> int:
        tokens = self.archive.tables.tokens
        expired = {t.id: t for t in tokens.values() if t.expires_at < at}
        await sleep(0)
        tokens.update(expired)
        return await super().purge(at=at, **rest)


@breaks("a purge compares times as instants")
class PurgesByTheClockOnTheWall(MemoryStorage):
    async def purge(self, *, at: datetime, **rest: Rest) -> int:
        return await super().purge(at=at.replace(tzinfo=UTC), **rest)


@breaks("after migrating nothing is pending")
class AlwaysHasSomethingToMigrate(MemoryStorage):
    async def pending(self) -> Sequence[str]:
        return ["0001_first"]


@breaks("migrating again changes nothing")
class MigratesAnew(MemoryStorage):
    async def migrate(self) -> Sequence[str]:
        self.archive.tables.sessions.clear()
        return ()


@breaks("after migrating nothing is pending", "migrating again changes nothing")
class TellsOfMigrationsNotRun(MemoryStorage):
    async def migrate(self) -> Sequence[str]:
        return ["0001_first"]


@breaks("after migrating no right is missing")
class MissesARight(MemoryStorage):
    async def missing_rights(self) -> Sequence[str]:
        return ["DELETE on users"]


@breaks("asking for rights leaves no trace")
class LeavesItsTrialsBehind(MemoryStorage):
    async def missing_rights(self) -> Sequence[str]:
        self.archive.tables.highest_user += 1
        return ()


@breaks("a ping leaves no trace", "an open storage answers")
class AnswersNoPing(MemoryStorage):
    async def ping(self) -> None:
        raise Unavailable


@breaks("a ping leaves no trace", "an open storage answers")
class LeavesPingsBehind(MemoryStorage):
    async def ping(self) -> None:
        at = datetime(2025, 12, 24, tzinfo=UTC)
        number = str(len(self.archive.tables.events))
        event = Event(id=number, kind=EventKind.SESSION_OPENED, at=at)
        await self.events.append([event])


@breaks("closing may be repeated")
class ClosesOnce(MemoryStorage):
    async def aclose(self) -> None:
        del self.users.tables.users[1]
