from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from core.model import (
    Client,
    Purpose,
    RecordKind,
    RevokedKey,
    Tally,
)
from core.model.events import EventKind, StoredEvent
from core.ports import Record, Storage
from tests.contract.base import Contract
from tests.contract.storage_archive_records import (
    EVENTS,
    REVOCATIONS,
    SESSIONS,
    TALLIES,
    TOKENS,
    USERS,
    all_of,
    id_of,
    some_accounts,
    some_events,
    some_sessions,
    some_tokens,
    some_users,
)
from tests.contract.storage_records import (
    DAY,
    EVERY_FIELD,
    MINUTE,
    NOW,
    a_session,
    a_token,
    a_user,
    add,
    an_account,
    an_event,
    history,
    issue,
    log_in,
    seen,
    switch,
)
from tests.contract.storage_values import AWKWARD, ELSEWHERE, times_of


class ArchiveLaws(Contract):
    async def test_the_archive_has_users_and_log_ins_as_they_are(
        self, subject: Storage
    ) -> None:
        active = EVERY_FIELD | {"is_active": True}
        ada, bob = await add(subject), await add(subject, "bob", **active)
        sessions = [
            await log_in(subject, user, id=session_id * 32)
            for session_id, user in (("b", ada), ("a", bob), ("c", ada))
        ]
        bob = await switch(subject, seen(bob), is_active=False)
        token_ids = [await issue(subject, user) for user in (ada, bob)]
        token_ids.append(await issue(subject, bob, Purpose.RESET_PASSWORD))

        tokens = [await subject.tokens.get(token_id) for token_id in token_ids]
        accounts = [an_account(seen(ada)), an_account(bob)]
        assert accounts == await all_of(subject, USERS)
        assert sorted(sessions, key=id_of) == await all_of(subject, SESSIONS)
        assert sorted(filter(None, tokens), key=id_of) == await all_of(subject, TOKENS)

    async def test_the_archive_has_events_with_their_place_in_the_outbox(
        self, subject: Storage
    ) -> None:
        silent, new = an_event(EventKind.SESSION_OPENED), an_event(at=NOW + MINUTE)
        leased, retried, given_up, delivered = (an_event() for _ in range(4))
        await subject.events.append([new, leased, retried, silent, given_up, delivered])
        claimed = await subject.events.claim(at=NOW, lease=MINUTE, limit=9)
        failures = {delivery.event.id: delivery for delivery in claimed}
        await subject.events.failed(failures[retried.id], retry_at=NOW + DAY)
        await subject.events.failed(failures[given_up.id], retry_at=None)
        await subject.events.delivered(delivered.id)

        assert [
            StoredEvent(new, 0, NOW + MINUTE),
            StoredEvent(leased, 1, NOW + MINUTE),
            StoredEvent(retried, 1, NOW + DAY),
            StoredEvent(silent, 0, None),
            StoredEvent(given_up, 1, None),
            StoredEvent(delivered, 1, None),
        ] == await all_of(subject, EVENTS)

    async def test_the_archives_order_is_by_id_and_of_events_by_storing(
        self, subject: Storage
    ) -> None:
        users = [
            a_user(f"user{number}", id=number) for number in (2, 10, 9, 100, 0, -1)
        ]
        accounts = [an_account(user) for user in users]
        sessions = [a_session(user, id=f"{user.id:032x}") for user in users]
        tokens = [replace(a_token(user.id), id=f"{user.id:032x}") for user in users]
        events = [StoredEvent(an_event(at=NOW - u.id * MINUTE), 0, None) for u in users]
        revoked = [RevokedKey(kid, NOW) for kid in ("b", "-", "B", "_", "a")]
        tallies = [
            Tally(f"2025-12-{day} logins", 1) for day in ("24", "03", "10", "02")
        ]

        for part in (slice(3), slice(3, 6)):
            await subject.archive.write(USERS, accounts[part])
            await subject.archive.write(SESSIONS, sessions[part])
            await subject.archive.write(TOKENS, tokens[part])
            await subject.archive.write(EVENTS, events[part])
            await subject.archive.write(REVOCATIONS, revoked[part])
            await subject.archive.write(TALLIES, tallies[part])

        by_id = sorted(accounts, key=lambda account: account.user.id)
        assert by_id == await all_of(subject, USERS)
        assert sorted(sessions, key=id_of) == await all_of(subject, SESSIONS)
        assert sorted(tokens, key=id_of) == await all_of(subject, TOKENS)
        assert sorted(revoked, key=id_of) == await all_of(subject, REVOCATIONS)
        assert sorted(tallies, key=id_of) == await all_of(subject, TALLIES)
        assert events == await all_of(subject, EVENTS)
        assert [each.event for each in events] == await history(subject)

    async def test_reading_the_archive_goes_on_from_behind_a_cursor(
        self, subject: Storage
    ) -> None:
        users = [a_user(f"user{number}", id=number) for number in range(1, 13)]
        events = [StoredEvent(an_event(), 0, None) for _ in users]

        await _assert_pages(subject, USERS, [an_account(user) for user in users])
        await _assert_pages(subject, SESSIONS, [a_session(user) for user in users])
        await _assert_pages(subject, TOKENS, [a_token(user.id) for user in users])
        await _assert_pages(subject, EVENTS, events)
        revoked = [RevokedKey(f"{user.id:04x}", NOW) for user in users]
        await _assert_pages(subject, REVOCATIONS, revoked)
        tallies = [Tally(f"2025-12-{user.id:02} logins", 1) for user in users]
        await _assert_pages(subject, TALLIES, tallies)

    async def test_the_archive_counts_each_kind(self, subject: Storage) -> None:
        users = some_users()
        empty = [await subject.archive.count(kind) for kind in RecordKind]

        for kind in RecordKind:
            await subject.archive.write(kind, [])
        await subject.archive.write(USERS, some_accounts(*users))
        await subject.archive.write(SESSIONS, some_sessions(*users)[:2])
        await subject.archive.write(TOKENS, some_tokens(*users)[:1])
        await subject.archive.write(EVENTS, some_events()[:5])
        await subject.archive.write(EVENTS, [])
        await subject.archive.write(REVOCATIONS, [RevokedKey("2b1f", NOW)])
        await subject.archive.write(TALLIES, [Tally("2025-12-24 logins", 3)])

        assert [0] * len(RecordKind) == empty
        counts = [await subject.archive.count(kind) for kind in RecordKind]
        assert [3, 2, 1, 5, 1, 1] == counts

    async def test_times_in_the_archive_are_utc(self, subject: Storage) -> None:
        user = a_user(id=1, created_at=ELSEWHERE, updated_at=ELSEWHERE)
        user = seen(user, ELSEWHERE)
        session = a_session(
            user,
            rotations=(ELSEWHERE,),
            created_at=ELSEWHERE,
            last_used_at=ELSEWHERE,
            expires_at=ELSEWHERE,
            ended_at=ELSEWHERE,
        )
        retried, leased, written = (an_event(at=ELSEWHERE) for _ in range(3))
        await subject.archive.write(USERS, [an_account(user)])
        await subject.archive.write(SESSIONS, [session])
        await subject.archive.write(TOKENS, [a_token(1, expires_at=ELSEWHERE)])
        await subject.events.append([retried, leased])
        first, _ = await subject.events.claim(at=ELSEWHERE, lease=NOW - NOW, limit=9)
        await subject.events.failed(first, retry_at=ELSEWHERE)
        await subject.archive.write(EVENTS, [StoredEvent(written, 0, ELSEWHERE)])
        await subject.archive.write(REVOCATIONS, [RevokedKey("2b1f", ELSEWHERE)])

        records = [
            record for kind in RecordKind for record in await all_of(subject, kind)
        ]
        times = [at for record in records for at in times_of(record)]
        assert [NOW] * (3 + 5 + 1 + 3 * 2 + 1) == times
        assert {timedelta(0)} == {at.utcoffset() for at in times}

    async def test_any_text_survives_the_archive(self, subject: Storage) -> None:
        accounts, sessions, events = [], [], []
        for number, text in enumerate(AWKWARD, start=1):
            name = f"{number}{text}"
            user = a_user(id=number, full_name=text, email=name, username=name)
            accounts.append(an_account(user, text, (text, name)))
            sessions.append(a_session(user, client=Client(text, text)))
            data = {"text": text, "dotted.key": "1", "$dollar": "2"}
            events.append(StoredEvent(an_event(data=data), 0, None))

        await subject.archive.write(USERS, accounts)
        await subject.archive.write(SESSIONS, sessions)
        await subject.archive.write(EVENTS, events)

        assert accounts == await all_of(subject, USERS)
        assert sorted(sessions, key=id_of) == await all_of(subject, SESSIONS)
        assert events == await all_of(subject, EVENTS)


async def _assert_pages(
    storage: Storage, kind: RecordKind, given: Sequence[Record]
) -> None:
    by_id = {SESSIONS, TOKENS, REVOCATIONS, TALLIES}
    records = sorted(given, key=id_of) if kind in by_id else list(given)
    before = [] if kind is EVENTS else records[:2]
    await storage.archive.write(kind, records[2:6])
    first = await storage.archive.read(kind, after=None, limit=3)
    rest = await storage.archive.read(kind, after=first[2][0], limit=3)
    none = await storage.archive.read(kind, after=rest[0][0], limit=3)
    await storage.archive.write(kind, [*before, *records[6:]])
    later = await storage.archive.read(kind, after=rest[0][0], limit=99)
    again = await storage.archive.read(kind, after=first[0][0], limit=2)

    pages = [[record for _, record in page] for page in (first, rest, none, later)]
    assert [records[2:5], records[5:6], [], records[6:]] == pages
    assert list(first[1:]) == list(again)
