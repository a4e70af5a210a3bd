"""All records, for moving them from and to memory."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from itertools import islice
from typing import Any

from adapters.storage.memory.tables import Tables, owned
from core.model import OneTimeToken, RecordKind, RevokedKey, Session, Tally, UserId
from core.model.events import Event, StoredEvent
from core.ports import Archive, Record


@dataclass(frozen=True, slots=True)
class MemoryArchive(Archive):
    tables: Tables

    async def count(self, kind: RecordKind) -> int:
        return sum(1 for _ in self._all(kind))

    async def read(
        self, kind: RecordKind, *, after: str | None, limit: int
    ) -> Sequence[tuple[str, Record]]:
        records = self._all(kind)
        if after is not None:
            next((cursor for cursor, _ in records if cursor == after), None)
        return list(islice(records, limit))

    async def write(self, kind: RecordKind, records: Sequence[Record]) -> None:
        if records:
            self._writers[kind](records)

    async def highest_id(self) -> UserId:
        return self.tables.highest_user

    async def skip_ids(self, last: UserId) -> None:
        self.tables.highest_user = max(self.tables.highest_user, last)

    def _all(self, kind: RecordKind) -> Iterator[tuple[str, Record]]:
        match kind:
            case RecordKind.USERS:
                users = sorted(self.tables.users.items())
                return ((str(number), self.tables.account(it)) for number, it in users)
            case RecordKind.SESSIONS:
                return iter(sorted(self.tables.sessions.items()))
            case RecordKind.TOKENS:
                return iter(sorted(self.tables.tokens.items()))
            case RecordKind.EVENTS:
                events = self.tables.events.items()
                return ((name, self._stored(event)) for name, event in events)
            case RecordKind.REVOCATIONS:
                return iter(sorted(self.tables.revoked.items()))
            case RecordKind.TALLIES:
                return iter(sorted(self.tables.tallies.items()))

    @property
    def _writers(self) -> Mapping[RecordKind, Callable[[Sequence[Any]], None]]:
        return {
            RecordKind.USERS: self.tables.put,
            RecordKind.SESSIONS: self._write_sessions,
            RecordKind.TOKENS: self._write_tokens,
            RecordKind.EVENTS: self._write_events,
            RecordKind.REVOCATIONS: self._write_revocations,
            RecordKind.TALLIES: self._write_tallies,
        }

    def _write_sessions(self, sessions: Sequence[Session]) -> None:
        self.tables.sessions.update({s.id: owned(s) for s in sessions})

    def _write_tokens(self, tokens: Sequence[OneTimeToken]) -> None:
        self.tables.tokens.update({token.id: owned(token) for token in tokens})

    def _write_events(self, stored: Sequence[StoredEvent]) -> None:
        tables = self.tables
        for one in stored:
            event_id = one.event.id
            tables.events[event_id] = owned(one.event)
            tables.number(event_id)
            tables.attempts[event_id] = one.attempts
            tables.outbox.pop(event_id, None)
            if one.due_at is not None:
                tables.outbox[event_id] = one.due_at.astimezone(UTC)
        # One that was there before is delivered in its old place.
        due = [event_id for event_id in tables.events if event_id in tables.outbox]
        tables.outbox = {event_id: tables.outbox[event_id] for event_id in due}

    def _write_revocations(self, keys: Sequence[RevokedKey]) -> None:
        self.tables.revoked.update({key.kid: owned(key) for key in keys})

    def _write_tallies(self, tallies: Sequence[Tally]) -> None:
        self.tables.tallies.update({tally.id: tally for tally in tallies})

    def _stored(self, event: Event) -> StoredEvent:
        attempts = self.tables.attempts.get(event.id, 0)
        return StoredEvent(event, attempts, self.tables.outbox.get(event.id))
