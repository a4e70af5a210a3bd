"""Faults of the archive."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from adapters.storage.memory.archive import MemoryArchive
from core.model import Account, RecordKind, RevokedKey, Session, UserId
from core.model.events import StoredEvent
from core.ports import Record
from tests.adapters.broken_storage import Rest, breaks

Page: TypeAlias = Sequence[tuple[str, Record]]


@breaks(
    "times in the archive are utc",
    "what is written to the archive comes back",
    "writing users and log ins again replaces them",
)
class LeavesOutEndedSessions(MemoryArchive):
    async def read(self, kind: RecordKind, **rest: Rest) -> Page:
        page = await super().read(kind, **rest)
        return [
            (cursor, record)
            for cursor, record in page
            if not isinstance(record, Session) or record.ended_at is None
        ]


@breaks(
    "the archive has users and log ins as they are",
    "what is written to the archive comes back",
    "writing users and log ins again replaces them",
)
class ActivatesEverybody(MemoryArchive):
    async def read(self, kind: RecordKind, **rest: Rest) -> Page:
        page = await super().read(kind, **rest)
        return [
            (cursor, _activated(it) if isinstance(it, Account) else it)
            for cursor, it in page
        ]


@breaks(
    "the archive has events with their place in the outbox",
    "what is written to the archive comes back",
)
class ForgetsTheAttempts(MemoryArchive):
    async def read(self, kind: RecordKind, **rest: Rest) -> Page:
        page = await super().read(kind, **rest)
        return [
            (cursor, replace(it, attempts=0) if isinstance(it, StoredEvent) else it)
            for cursor, it in page
        ]


@breaks(
    "a large batch is written as a whole",
    "any text survives the archive",
    "reading the archive goes on from behind a cursor",
    "the archives order is by id and of events by storing",
)
class SortsUsersAsText(MemoryArchive):
    async def read(self, kind: RecordKind, **rest: Rest) -> Page:
        if kind is not RecordKind.USERS:
            return await super().read(kind, **rest)
        users = self.tables.users.items()
        every = [(str(number), self.tables.account(it)) for number, it in users]
        after = rest["after"] or ""
        return sorted(each for each in every if each[0] > after)[: rest["limit"]]


@breaks(
    "any text survives the archive",
    "reading the archive goes on from behind a cursor",
    "the archive has users and log ins as they are",
    "the archives order is by id and of events by storing",
)
class KeepsSessionsAsTheyWereStored(MemoryArchive):
    def _all(self, kind: RecordKind) -> Iterator[tuple[str, Record]]:
        if kind is RecordKind.SESSIONS:
            return iter(self.tables.sessions.items())
        return super()._all(kind)


@breaks(
    "the archive has events with their place in the outbox",
    "the archives order is by id and of events by storing",
)
class SortsEventsByTime(MemoryArchive):
    async def read(self, kind: RecordKind, **rest: Rest) -> Page:
        events = sorted(self.tables.events.values(), key=lambda event: event.at)
        self.tables.events = {event.id: event for event in events}
        return await super().read(kind, **rest)


@breaks("reading the archive goes on from behind a cursor")
class CountsPlaces(MemoryArchive):
    async def read(self, kind: RecordKind, *, after: str | None, limit: int) -> Page:
        start = int(after or 0)
        page = await super().read(kind, after=None, limit=start + limit)
        found = enumerate(page[start:], start + 1)
        return [(str(place), record) for place, (_, record) in found]


@breaks("reading the archive goes on from behind a cursor")
class ReadsMoreThanAsked(MemoryArchive):
    async def read(self, kind: RecordKind, *, limit: int, **rest: Rest) -> Page:
        return await super().read(kind, limit=limit + 1, **rest)


@breaks(
    "an event written again stays in its place",
    "an inactive user changes no password",
    "no session opens for an inactive user",
    "the archive has users and log ins as they are",
    "two administrators never part with each other",
    "writing users and log ins again replaces them",
)
class KeepsWhatIsThere(MemoryArchive):
    async def write(self, kind: RecordKind, records: Sequence[Record]) -> None:
        there = {cursor for cursor, _ in self._all(kind)}
        new = [record for record in records if _key(record) not in there]
        await super().write(kind, new)


@breaks(
    "of fifty pairs of administrators at one moment one remains",
    "two administrators never part with each other",
    "what is written to the archive works",
    "writing users and log ins again replaces them",
)
class WritesNoKeys(MemoryArchive):
    async def write(self, kind: RecordKind, records: Sequence[Record]) -> None:
        before = dict(self.tables.emails)
        await super().write(kind, records)
        if kind is RecordKind.USERS:
            for user in self.tables.users.values():
                self.tables.emails[user.email_key] = 0
            self.tables.emails.update(before)


@breaks("writing users and log ins again replaces them")
class LeavesOldKeys(MemoryArchive):
    async def write(self, kind: RecordKind, records: Sequence[Record]) -> None:
        before = dict(self.tables.emails)
        await super().write(kind, records)
        self.tables.emails = before | self.tables.emails


@breaks("an event written again stays in its place")
class PutsAnEventLast(MemoryArchive):
    async def write(self, kind: RecordKind, records: Sequence[Record]) -> None:
        if kind is RecordKind.EVENTS:
            for record in records:
                self.tables.events.pop(_key(record), None)
        await super().write(kind, records)


@breaks("later users get ids above the highest written")
class NumbersByCount(MemoryArchive):
    async def write(self, kind: RecordKind, records: Sequence[Record]) -> None:
        await super().write(kind, records)
        self.tables.highest_user = len(self.tables.users)


@breaks("later users get ids above the highest written")
class NumbersFromTheLastWritten(MemoryArchive):
    async def write(self, kind: RecordKind, records: Sequence[Record]) -> None:
        await super().write(kind, records)
        for record in records:
            if isinstance(record, Account):
                self.tables.highest_user = record.user.id


@breaks(
    "an event written again stays in its place",
    "any text survives the archive",
    "reading the archive goes on from behind a cursor",
    "the archives order is by id and of events by storing",
    "the outbox goes on from what was written",
    "what is written to the archive comes back",
)
class SendsEverythingAgain(MemoryArchive):
    async def write(self, kind: RecordKind, records: Sequence[Record]) -> None:
        await super().write(kind, records)
        if kind is RecordKind.EVENTS:
            self.tables.record(list(self.tables.events.values()))


@breaks(
    "a large batch is written as a whole",
    "an event written again stays in its place",
    "the outbox goes on from what was written",
    "times in the archive are utc",
    "what is written to the archive comes back",
)
class SendsNothing(MemoryArchive):
    async def write(self, kind: RecordKind, records: Sequence[Record]) -> None:
        await super().write(kind, records)
        self.tables.outbox.clear()


@breaks("no id is given again after it was skipped")
class SkipsBackToo(MemoryArchive):
    async def skip_ids(self, last: UserId) -> None:
        self.tables.highest_user = last


@breaks("no id is given again after it was skipped")
class KnowsWhoIsThere(MemoryArchive):
    async def highest_id(self) -> UserId:
        return max(self.tables.users, default=0)


@breaks(
    "a purge ends after so many of each kind",
    "nothing begins for who is being removed",
    "nothing that names a removed person is left",
    "of who is removed nothing stays but events",
    "the archive counts each kind",
    "what is no good verification token removes nobody",
)
class CountsEveryKind(MemoryArchive):
    async def count(self, _: RecordKind) -> int:
        return sum([await MemoryArchive.count(self, each) for each in RecordKind])


@breaks("times in the archive are utc")
class KeepsOffsets(MemoryArchive):
    async def write(self, kind: RecordKind, records: Sequence[Record]) -> None:
        await super().write(kind, records)
        for record in records:
            if isinstance(record, Account):
                self.tables.users[record.user.id] = record.user


@breaks("times in the archive are utc")
class KeepsTheOffsetOfTheOutbox(MemoryArchive):
    async def write(self, kind: RecordKind, records: Sequence[Record]) -> None:
        await super().write(kind, records)
        for record in records:
            if isinstance(record, StoredEvent) and record.due_at:
                self.tables.outbox[record.event.id] = record.due_at


@breaks("any text survives the archive")
class CutsLabels(MemoryArchive):
    async def write(self, kind: RecordKind, records: Sequence[Record]) -> None:
        await super().write(kind, records)
        for session in self.tables.sessions.values():
            client = replace(session.client, label=session.client.label[:255])
            self.tables.sessions[session.id] = replace(session, client=client)


@breaks("a large batch is written as a whole")
class WritesAHundred(MemoryArchive):
    async def write(self, kind: RecordKind, records: Sequence[Record]) -> None:
        await super().write(kind, records[:100])


def _activated(account: Account) -> Account:
    return replace(account, user=replace(account.user, is_active=True))


def _key(record: Record) -> str:
    if isinstance(record, RevokedKey):
        return record.kid
    if isinstance(record, Account):
        return str(record.user.id)
    return record.event.id if isinstance(record, StoredEvent) else str(record.id)
