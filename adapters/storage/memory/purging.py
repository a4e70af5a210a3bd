"""Deletes, batch by batch, what nobody needs any more."""

from datetime import datetime
from itertools import islice

from adapters.storage.memory.tables import Tables
from core.model import Session


def purge(
    tables: Tables, *, at: datetime, keep_events_since: datetime, limit: int
) -> int:
    sessions = [s.id for s in tables.sessions.values() if _is_over(s, at)][:limit]
    tokens = [t.id for t in tables.tokens.values() if t.expires_at < at][:limit]
    old = (event.id for event in tables.events.values() if event.at < keep_events_since)
    events = list(islice((each for each in old if each not in tables.outbox), limit))
    for session_id in sessions:
        del tables.sessions[session_id]
    for token_id in tokens:
        del tables.tokens[token_id]
    for event_id in events:
        del tables.events[event_id]
        del tables.numbers[event_id]
        tables.attempts.pop(event_id, None)
    return len(sessions) + len(tokens) + len(events)


def _is_over(session: Session, at: datetime) -> bool:
    ended = session.ended_at is not None and session.ended_at < at
    return ended or session.expires_at < at
