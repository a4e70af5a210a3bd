from collections.abc import Sequence
from dataclasses import replace

from core.model import (
    EndReason,
    RecordKind,
    RevokedKey,
    Tally,
    TallyKind,
)
from core.model.events import Delivery, EventKind, StoredEvent
from core.ports import Record, Storage
from tests.contract.base import Contract
from tests.contract.storage_archive_records import (
    EVENTS,
    REVOCATIONS,
    SESSIONS,
    TALLIES,
    TOKENS,
    USERS,
    a_full_session,
    all_of,
    some_accounts,
    some_events,
    some_sessions,
    some_tallies,
    some_tokens,
    some_users,
)
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
    an_account,
    an_event,
    history,
    log_in,
    stored,
)


class ArchiveWritingLaws(Contract):
    async def test_what_is_written_to_the_archive_comes_back(
        self, subject: Storage
    ) -> None:
        users = some_users()
        records: dict[RecordKind, Sequence[Record]] = {
            USERS: some_accounts(*users),
            SESSIONS: some_sessions(*users),
            TOKENS: some_tokens(*users),
            EVENTS: some_events(),
            REVOCATIONS: [RevokedKey("2b1f", NOW), RevokedKey("77aa", NOW + MOMENT)],
            TALLIES: some_tallies(),
        }

        for kind in RecordKind:
            await subject.archive.write(kind, records[kind])

        for kind in RecordKind:
            assert records[kind] == await all_of(subject, kind)

    async def test_what_is_written_to_the_archive_works(self, subject: Storage) -> None:
        user, session = a_user(id=7), a_session(a_user(id=7))
        token = a_token(7)
        event, revoked = an_event(user_id=7), RevokedKey("2b1f", NOW)
        tally = Tally.of(NOW.date(), TallyKind.LOGINS, 3)

        await subject.archive.write(USERS, [an_account(user)])
        await subject.archive.write(SESSIONS, [session])
        await subject.archive.write(TOKENS, [token])
        await subject.archive.write(EVENTS, [StoredEvent(event, 0, NOW)])
        await subject.archive.write(REVOCATIONS, [revoked])
        await subject.archive.write(TALLIES, [tally])
        await subject.statistics.add([tally])

        advanced = replace(session, generation=1, rotations=(NOW,))
        verified = replace(user, is_verified=True, stamp=user.stamp + 1, updated_at=NOW)
        assert user == await subject.users.by_email(user.email_key)
        assert await subject.sessions.advance(advanced, events=[])
        assert advanced == await stored(subject, session.id)
        assert token == await subject.tokens.get(token.id)
        assert verified == await subject.users.verify_email(token.id, at=NOW, events=[])
        assert [event] == await subject.events.read(after=None, limit=9, user_id=7)
        await log_in(subject, verified)
        assert [revoked] == list(await subject.revocations.revoked())
        assert not await subject.revocations.revoke(revoked, events=[])
        twice = [replace(tally, amount=6)]
        assert twice == list(await subject.statistics.tallies(NOW.date()))

    async def test_writing_users_and_log_ins_again_replaces_them(
        self, subject: Storage
    ) -> None:
        ada, bob, cyd = some_users()
        old = a_session(ada, ended_at=NOW, end_reason=EndReason.LOGGED_OUT)
        mine = a_token(ada.id)
        accounts = some_accounts(ada, bob, cyd)
        eve = replace(a_user("eve", **EVERY_FIELD), id=ada.id, stamp=ada.stamp)
        changed = an_account(eve, "hash of eve", ("curl",))
        before, after = some_tallies()[:2], some_tallies()[:1]
        after = [replace(it, amount=1) for it in after]
        session = replace(a_full_session(ada), id=old.id)
        token = replace(mine, expires_at=NOW, spent_at=NOW)
        for users in (accounts, [changed, accounts[1]]):
            await subject.archive.write(USERS, users)
        for sessions in ([old], [session], [session]):
            await subject.archive.write(SESSIONS, sessions)
        for tokens in ([mine], [token], [token]):
            await subject.archive.write(TOKENS, tokens)
        for at in (NOW, NOW + DAY):
            await subject.archive.write(REVOCATIONS, [RevokedKey("2b1f", at)])
        for tallies in (before, after, after):
            await subject.archive.write(TALLIES, tallies)

        assert [RevokedKey("2b1f", NOW + DAY)] == await all_of(subject, REVOCATIONS)
        assert [changed, *accounts[1:]] == await all_of(subject, USERS)
        assert [*after, before[1]] == await all_of(subject, TALLIES)
        assert [session] == await all_of(subject, SESSIONS)
        assert [token] == await all_of(subject, TOKENS)
        assert await subject.users.by_email(ada.email_key) is None
        assert changed == await subject.users.account_by_email(eve.email_key)

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
        written = [
            an_account(a_user(f"user{number}", id=number)) for number in (7, 41, 40)
        ]
        await subject.archive.write(USERS, written[:2])
        await subject.archive.write(USERS, written[2:])

        later = [await add(subject, name) for name in ("ada", "bob")]

        assert 41 < later[0].id < later[1].id
        assert 6 == len(await all_of(subject, USERS))

    async def test_no_id_is_given_again_after_it_was_skipped(
        self, subject: Storage
    ) -> None:
        before = await subject.archive.highest_id()
        await subject.archive.skip_ids(41)
        skipped = await subject.archive.highest_id()
        later = await add(subject, "ada")
        await subject.archive.skip_ids(7)
        await subject.archive.skip_ids(0)
        last = await add(subject, "bob")

        assert [0, 41] == [before, skipped]
        assert 41 < later.id < last.id
        assert last.id == await subject.archive.highest_id()

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

    async def test_a_large_batch_is_written_as_a_whole(self, subject: Storage) -> None:
        accounts = [
            an_account(a_user(f"user{number}", id=number)) for number in range(1, 501)
        ]
        events = [StoredEvent(an_event(), 0, NOW) for _ in accounts]

        await subject.archive.write(USERS, accounts)
        await subject.archive.write(EVENTS, events)

        assert accounts == await all_of(subject, USERS, page=499)
        assert events == await all_of(subject, EVENTS, page=500)
