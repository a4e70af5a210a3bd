from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from core.events import Delivery, EventKind, StoredEvent
from core.model import (
    Client,
    EndReason,
    OneTimeToken,
    Purpose,
    RecordKind,
    RevokedKey,
    Session,
    User,
)
from core.ports import Record, Storage
from tests.contract.base import Contract
from tests.contract.storage_records import (
    DAY,
    EVERY_FIELD,
    MINUTE,
    MOMENT,
    NOW,
    a_session,
    a_token,
    a_user,
    add,
    an_event,
    history,
    issue,
    log_in,
    new_id,
    stored,
)
from tests.contract.storage_values import AWKWARD, ELSEWHERE, times_of

USERS, SESSIONS, TOKENS, EVENTS, REVOCATIONS = RecordKind


class ArchiveLaws(Contract):
    async def test_the_archive_has_users_and_log_ins_as_they_are(
        self, subject: Storage
    ) -> None:
        ada, bob = await add(subject), await add(subject, "bob", **EVERY_FIELD)
        sessions = [
            await log_in(subject, user, id=session_id * 32)
            for session_id, user in (("b", ada), ("a", bob), ("c", ada))
        ]
        token_ids = [await issue(subject, user) for user in (ada, bob)]
        token_ids.append(await issue(subject, bob, Purpose.RESET_PASSWORD))

        tokens = [await subject.tokens.get(token_id) for token_id in token_ids]
        assert [ada, bob] == await _all(subject, USERS)
        assert sorted(sessions, key=_id) == await _all(subject, SESSIONS)
        assert sorted(filter(None, tokens), key=_id) == await _all(subject, TOKENS)

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
        ] == await _all(subject, EVENTS)

    async def test_what_is_written_to_the_archive_comes_back(
        self, subject: Storage
    ) -> None:
        users = _users()
        records: dict[RecordKind, Sequence[Record]] = {
            USERS: [*users],
            SESSIONS: _sessions(*users),
            TOKENS: _tokens(*users),
            EVENTS: _events(),
            REVOCATIONS: [RevokedKey("2b1f", NOW), RevokedKey("77aa", NOW + MOMENT)],
        }

        for kind in RecordKind:
            await subject.archive.write(kind, records[kind])

        for kind in RecordKind:
            assert records[kind] == await _all(subject, kind)

    async def test_what_is_written_to_the_archive_works(self, subject: Storage) -> None:
        user, session = a_user(id=7), a_session(a_user(id=7))
        token = a_token(7)
        event, revoked = an_event(user_id=7), RevokedKey("2b1f", NOW)

        await subject.archive.write(USERS, [user])
        await subject.archive.write(SESSIONS, [session])
        await subject.archive.write(TOKENS, [token])
        await subject.archive.write(EVENTS, [StoredEvent(event, 0, NOW)])
        await subject.archive.write(REVOCATIONS, [revoked])

        advanced = replace(session, generation=1, rotations=(NOW,))
        verified = replace(user, is_verified=True, updated_at=NOW)
        assert user == await subject.users.by_email(user.email_key)
        assert await subject.sessions.advance(advanced)
        assert advanced == await stored(subject, session.id)
        assert token == await subject.tokens.get(token.id)
        assert verified == await subject.users.verify_email(token.id, at=NOW, events=[])
        assert [event] == await subject.events.read(after=None, limit=9, user_id=7)
        await log_in(subject, user)
        assert [revoked] == list(await subject.revocations.revoked())
        assert not await subject.revocations.revoke(revoked, events=[])

    async def test_the_archives_order_is_by_id_and_of_events_by_storing(
        self, subject: Storage
    ) -> None:
        users = [a_user(f"user{number}", id=number) for number in (2, 10, 9, 100, 1)]
        sessions = [a_session(user, id=f"{user.id:032x}") for user in users]
        tokens = [replace(a_token(user.id), id=f"{user.id:032x}") for user in users]
        events = [StoredEvent(an_event(at=NOW - u.id * MINUTE), 0, None) for u in users]
        revoked = [RevokedKey(kid, NOW) for kid in ("b", "-", "B", "_", "a")]

        for part in (slice(3), slice(3, 5)):
            await subject.archive.write(USERS, users[part])
            await subject.archive.write(SESSIONS, sessions[part])
            await subject.archive.write(TOKENS, tokens[part])
            await subject.archive.write(EVENTS, events[part])
            await subject.archive.write(REVOCATIONS, revoked[part])

        assert sorted(users, key=lambda user: user.id) == await _all(subject, USERS)
        assert sorted(sessions, key=_id) == await _all(subject, SESSIONS)
        assert sorted(tokens, key=_id) == await _all(subject, TOKENS)
        assert sorted(revoked, key=_id) == await _all(subject, REVOCATIONS)
        assert events == await _all(subject, EVENTS)
        assert [each.event for each in events] == await history(subject)

    async def test_reading_the_archive_goes_on_from_behind_a_cursor(
        self, subject: Storage
    ) -> None:
        users = [a_user(f"user{number}", id=number) for number in range(1, 13)]
        events = [StoredEvent(an_event(), 0, None) for _ in users]

        await _assert_pages(subject, USERS, users)
        await _assert_pages(subject, SESSIONS, [a_session(user) for user in users])
        await _assert_pages(subject, TOKENS, [a_token(user.id) for user in users])
        await _assert_pages(subject, EVENTS, events)
        revoked = [RevokedKey(f"{user.id:04x}", NOW) for user in users]
        await _assert_pages(subject, REVOCATIONS, revoked)

    async def test_writing_users_and_log_ins_again_replaces_them(
        self, subject: Storage
    ) -> None:
        ada, bob, cyd = _users()
        old = a_session(ada, ended_at=NOW, end_reason=EndReason.LOGGED_OUT)
        mine = a_token(ada.id)
        changed = replace(a_user("eve", **EVERY_FIELD), id=ada.id)
        session = replace(_full_session(ada), id=old.id)
        token = replace(mine, expires_at=NOW)
        for users in ([ada, bob, cyd], [changed, bob]):
            await subject.archive.write(USERS, users)
        for sessions in ([old], [session], [session]):
            await subject.archive.write(SESSIONS, sessions)
        for tokens in ([mine], [token], [token]):
            await subject.archive.write(TOKENS, tokens)
        for at in (NOW, NOW + DAY):
            await subject.archive.write(REVOCATIONS, [RevokedKey("2b1f", at)])

        assert [RevokedKey("2b1f", NOW + DAY)] == await _all(subject, REVOCATIONS)
        assert [changed, bob, cyd] == await _all(subject, USERS)
        assert [session] == await _all(subject, SESSIONS)
        assert [token] == await _all(subject, TOKENS)
        assert await subject.users.by_email(ada.email_key) is None
        assert changed == await subject.users.by_email(changed.email_key)

    async def test_an_event_written_again_stays_in_its_place(
        self, subject: Storage
    ) -> None:
        first, second, third = (StoredEvent(an_event(), 0, NOW) for _ in range(3))
        event = replace(second.event, kind=EventKind.PASSWORD_RESET, data={"a": "b"})
        changed = StoredEvent(event, 7, NOW + MINUTE)
        await subject.archive.write(EVENTS, [first, replace(second, due_at=None)])
        await subject.archive.write(EVENTS, [third])

        await subject.archive.write(EVENTS, [changed, replace(first, due_at=None)])

        claimed = await subject.events.claim(at=NOW + MINUTE, lease=MINUTE, limit=9)
        assert [Delivery(event, 8), Delivery(third.event, 1)] == list(claimed)
        assert [first.event, event, third.event] == await history(subject)

    async def test_later_users_get_ids_above_the_highest_written(
        self, subject: Storage
    ) -> None:
        await add(subject, "zoe")
        written = [a_user(f"user{number}", id=number) for number in (7, 41, 40)]
        await subject.archive.write(USERS, written[:2])
        await subject.archive.write(USERS, written[2:])

        later = [await add(subject, name) for name in ("ada", "bob")]

        assert 41 < later[0].id < later[1].id
        assert 6 == len(await _all(subject, USERS))

    async def test_the_outbox_goes_on_from_what_was_written(
        self, subject: Storage
    ) -> None:
        delivered, claimed, retried, new = (an_event() for _ in range(4))
        await subject.archive.write(
            EVENTS,
            [
                StoredEvent(delivered, 1, None),
                StoredEvent(claimed, 1, NOW + MINUTE),
                StoredEvent(retried, 4, NOW + MOMENT),
                StoredEvent(new, 0, NOW),
            ],
        )

        await subject.events.failed(Delivery(claimed, 1), retry_at=NOW + DAY)
        times = (NOW - MOMENT, NOW, NOW + MOMENT, NOW + MINUTE, NOW + DAY)
        claims = [
            await subject.events.claim(at=at, lease=2 * DAY, limit=9) for at in times
        ]

        at_last = Delivery(claimed, 2)
        due = [[], [Delivery(new, 1)], [Delivery(retried, 5)], [], [at_last]]
        assert due == [list(claim) for claim in claims]

    async def test_the_archive_counts_each_kind(self, subject: Storage) -> None:
        users = _users()
        empty = [await subject.archive.count(kind) for kind in RecordKind]

        for kind in RecordKind:
            await subject.archive.write(kind, [])
        await subject.archive.write(USERS, users)
        await subject.archive.write(SESSIONS, _sessions(*users)[:2])
        await subject.archive.write(TOKENS, _tokens(*users)[:1])
        await subject.archive.write(EVENTS, _events()[:5])
        await subject.archive.write(EVENTS, [])
        await subject.archive.write(REVOCATIONS, [RevokedKey("2b1f", NOW)])

        assert [0] * len(RecordKind) == empty
        assert [3, 2, 1, 5, 1] == [await subject.archive.count(k) for k in RecordKind]

    async def test_times_in_the_archive_are_utc(self, subject: Storage) -> None:
        user = a_user(id=1, created_at=ELSEWHERE, updated_at=ELSEWHERE)
        session = a_session(
            user,
            rotations=(ELSEWHERE,),
            created_at=ELSEWHERE,
            last_used_at=ELSEWHERE,
            expires_at=ELSEWHERE,
            ended_at=ELSEWHERE,
        )
        retried, leased, written = (an_event(at=ELSEWHERE) for _ in range(3))
        await subject.archive.write(USERS, [user])
        await subject.archive.write(SESSIONS, [session])
        await subject.archive.write(TOKENS, [a_token(1, expires_at=ELSEWHERE)])
        await subject.events.append([retried, leased])
        first, _ = await subject.events.claim(at=ELSEWHERE, lease=NOW - NOW, limit=9)
        await subject.events.failed(first, retry_at=ELSEWHERE)
        await subject.archive.write(EVENTS, [StoredEvent(written, 0, ELSEWHERE)])
        await subject.archive.write(REVOCATIONS, [RevokedKey("2b1f", ELSEWHERE)])

        records = [
            record for kind in RecordKind for record in await _all(subject, kind)
        ]
        times = [at for record in records for at in times_of(record)]
        assert [NOW] * (2 + 5 + 1 + 3 * 2 + 1) == times
        assert {timedelta(0)} == {at.utcoffset() for at in times}

    async def test_any_text_survives_the_archive(self, subject: Storage) -> None:
        users, sessions, events = [], [], []
        for number, text in enumerate(AWKWARD, start=1):
            name = f"{number}{text}"
            user = a_user(id=number, full_name=text, email=name, username=name)
            users.append(user)
            sessions.append(a_session(user, client=Client(text, text)))
            data = {"text": text, "dotted.key": "1", "$dollar": "2"}
            events.append(StoredEvent(an_event(data=data), 0, None))

        await subject.archive.write(USERS, users)
        await subject.archive.write(SESSIONS, sessions)
        await subject.archive.write(EVENTS, events)

        assert users == await _all(subject, USERS)
        assert sorted(sessions, key=_id) == await _all(subject, SESSIONS)
        assert events == await _all(subject, EVENTS)

    async def test_a_large_batch_is_written_as_a_whole(self, subject: Storage) -> None:
        users = [a_user(f"user{number}", id=number) for number in range(1, 501)]
        events = [StoredEvent(an_event(), 0, NOW) for _ in users]

        await subject.archive.write(USERS, users)
        await subject.archive.write(EVENTS, events)

        assert users == await _all(subject, USERS, page=499)
        assert events == await _all(subject, EVENTS, page=500)


async def _all(storage: Storage, kind: RecordKind, *, page: int = 2) -> list[Record]:
    """Read all records of a kind, or more than there are if there seems to be no end."""
    found: list[Record] = []
    cursor = None
    while len(found) < 1000:
        rows = await storage.archive.read(kind, after=cursor, limit=page)
        if not rows:
            break
        found += [record for _, record in rows]
        cursor = rows[-1][0]
    return found


async def _assert_pages(
    storage: Storage, kind: RecordKind, given: Sequence[Record]
) -> None:
    by_id = {SESSIONS, TOKENS, REVOCATIONS}
    records = sorted(given, key=_id) if kind in by_id else list(given)
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


def _users() -> tuple[User, User, User]:
    ada, bob = a_user("ada", id=3), a_user("bob", id=7, **EVERY_FIELD)
    return ada, bob, a_user("cyd", id=2**53 - 1)


def _full_session(user: User) -> Session:
    return a_session(
        user,
        generation=3,
        rotations=(NOW, NOW + MINUTE, NOW + DAY),
        created_at=NOW - DAY,
        last_used_at=NOW + timedelta(hours=1),
        expires_at=NOW + 2 * DAY,
        ended_at=NOW + DAY,
        end_reason=EndReason.REUSE_DETECTED,
        client=Client(address="2001:db8::1", label="curl"),
    )


def _sessions(ada: User, bob: User, cyd: User) -> list[Session]:
    plain = [a_session(user) for user in (ada, ada, cyd)]
    return sorted([*plain, _full_session(bob)], key=_id)


def _tokens(ada: User, bob: User, _: User) -> list[OneTimeToken]:
    tokens = [a_token(ada.id, purpose) for purpose in Purpose]
    return sorted([*tokens, a_token(bob.id, expires_at=NOW - DAY)], key=_id)


def _events() -> list[StoredEvent]:
    events = [an_event(kind, user_id=7) for kind in EventKind]
    stored = [StoredEvent(e, 0, e.at if e.is_outgoing else None) for e in events]
    full = an_event(user_id=2**53 - 1, session_id=new_id(), data={"a": "b", "c": ""})
    return [
        *stored,
        StoredEvent(an_event(user_id=None), 2, NOW + MINUTE),
        StoredEvent(full, 5, None),
    ]


def _id(record: Record) -> str:
    assert not isinstance(record, User | StoredEvent)
    return record.kid if isinstance(record, RevokedKey) else record.id
