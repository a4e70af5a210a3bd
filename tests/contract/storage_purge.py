from datetime import datetime

from core.model import RecordKind
from core.model.events import EventKind
from core.ports import Storage
from tests.contract.base import Contract
from tests.contract.storage_records import (
    DAY,
    MINUTE,
    MOMENT,
    NOW,
    RACERS,
    a_token,
    add,
    an_event,
    history,
    log_in,
    race,
    seen,
)
from tests.contract.storage_values import ELSEWHERE

SILENT = EventKind.SESSION_OPENED


class PurgeLaws(Contract):
    async def test_sessions_that_are_over_are_purged(self, subject: Storage) -> None:
        user = await add(subject, created_at=NOW - DAY, updated_at=NOW - DAY)
        staying = [
            await log_in(subject, user),
            await log_in(subject, user, expires_at=NOW),
            await log_in(subject, user, ended_at=NOW),
        ]
        over = [
            await log_in(subject, user, expires_at=NOW - MOMENT),
            await log_in(subject, user, ended_at=NOW - MOMENT),
            await log_in(subject, user, expires_at=NOW - DAY, ended_at=NOW - DAY),
        ]

        count = await _purge(subject)

        left = await subject.sessions.identities([s.id for s in (*staying, *over)])
        assert {session.id: session for session in staying} == {
            session_id: identity.session for session_id, identity in left.items()
        }
        assert len(over) == count
        assert seen(user) == await subject.users.get(user.id)

    async def test_tokens_that_expired_are_purged(self, subject: Storage) -> None:
        tokens = []
        for days, name in enumerate(("ada", "bob", "cyd", "dan"), start=-2):
            user = await add(subject, name)
            tokens.append(a_token(user.id, expires_at=NOW + days * MOMENT))
            await subject.tokens.issue(tokens[-1], events=[])

        count = await _purge(subject)

        left = [await subject.tokens.get(token.id) for token in tokens]
        assert [None, None, *tokens[2:]] == left
        assert 2 == count

    async def test_old_events_are_purged(self, subject: Storage) -> None:
        times = [NOW - DAY + moments * MOMENT for moments in (-5, 3, -1, 0, 1, -2)]
        events = [an_event(SILENT, at=at) for at in times]
        await subject.events.append(events)

        count = await _purge(subject, keep_events_since=NOW - DAY)

        assert [events[n] for n in (1, 3, 4)] == await history(subject)
        assert 3 == count

    async def test_what_waits_for_delivery_is_not_purged(
        self, subject: Storage
    ) -> None:
        old = NOW - 2 * DAY
        claimed, delivered, given_up, retried, new = (
            an_event(at=old) for _ in range(5)
        )
        await subject.events.append([claimed, delivered, given_up, retried])
        claims = await subject.events.claim(at=old, lease=MINUTE, limit=9)
        await subject.events.delivered(delivered.id)
        await subject.events.failed(claims[2], retry_at=None)
        await subject.events.failed(claims[3], retry_at=old + MOMENT)
        await subject.events.append([new])

        count = await _purge(subject)

        again = await subject.events.claim(at=NOW, lease=MINUTE, limit=9)
        assert [claimed, retried, new] == await history(subject)
        assert [2, 2, 1] == [delivery.attempt for delivery in again]
        assert 2 == count

    async def test_a_purge_ends_after_so_many_of_each_kind(
        self, subject: Storage
    ) -> None:
        await _fill(subject, 5)

        counts = [await _purge(subject, limit=limit) for limit in (2, 2, 1, 1)]

        assert [6, 6, 3, 0] == counts
        left = {kind: await subject.archive.count(kind) for kind in RecordKind}
        assert {RecordKind.USERS: 5} == {kind: n for kind, n in left.items() if n}

    async def test_many_purge_at_once_and_count_each_record_once(
        self, subject: Storage
    ) -> None:
        await _fill(subject, 4)
        keep = await log_in(subject, await add(subject, "keeper"))

        counts = await race(lambda _: _purge(subject, limit=RACERS))

        assert 12 == sum(counts)
        assert {keep.id} == set(await subject.sessions.identities([keep.id]))

    async def test_a_purge_compares_times_as_instants(self, subject: Storage) -> None:
        user = await add(subject)
        await log_in(subject, user, expires_at=ELSEWHERE)
        await subject.tokens.issue(a_token(user.id, expires_at=ELSEWHERE), events=[])
        await subject.events.append([an_event(SILENT, at=ELSEWHERE)])

        ends = (ELSEWHERE, NOW, ELSEWHERE + MOMENT)
        counts = [await _purge(subject, at, keep_events_since=at) for at in ends]

        assert [0, 0, 3] == counts

    async def test_reading_from_behind_a_purged_event_finds_nothing(
        self, subject: Storage
    ) -> None:
        old, kept = an_event(SILENT, at=NOW - 2 * DAY), an_event(SILENT)
        await subject.events.append([old, kept])
        await _purge(subject)

        assert [] == await subject.events.read(after=old.id, limit=9)
        assert [kept] == await history(subject)


async def _purge(
    storage: Storage,
    at: datetime = NOW,
    *,
    keep_events_since: datetime = NOW - DAY,
    limit: int = 99,
) -> int:
    return await storage.purge(at=at, keep_events_since=keep_events_since, limit=limit)


async def _fill(storage: Storage, count: int) -> None:
    """Store so many records of each kind that may be purged, and their users."""
    old = NOW - 2 * DAY
    for number in range(count):
        user = await add(storage, f"user{number}")
        await log_in(storage, user, expires_at=old)
        token = a_token(user.id, expires_at=old)
        await storage.tokens.issue(token, events=[an_event(SILENT, at=old)])
