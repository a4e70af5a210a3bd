import asyncio
from dataclasses import replace

from core.model import Client, EndReason, Identity, Purpose, Session, User
from core.model.events import EventKind
from core.ports import Storage
from tests.contract.base import Contract
from tests.contract.storage_records import (
    DAY,
    MINUTE,
    NOW,
    RACERS,
    a_session,
    add,
    an_event,
    end,
    history,
    issue,
    log_in,
    new_id,
    race,
    seen,
    stored,
)

LATER = NOW + MINUTE


class SessionLaws(Contract):
    async def test_a_session_comes_back_with_its_user(self, subject: Storage) -> None:
        ada, bob = await add(subject), await add(subject, "bob")
        plain = await log_in(subject, ada)
        full = await log_in(
            subject,
            bob,
            generation=3,
            rotations=(NOW, NOW + MINUTE, NOW + DAY),
            ended_at=NOW + DAY,
            end_reason=EndReason.REUSE_DETECTED,
        )

        found = await subject.sessions.identities([plain.id, full.id])

        assert {plain.id, full.id} == set(found)
        assert Identity(plain, seen(ada)) == found[plain.id]
        assert Identity(full, seen(bob)) == found[full.id]

    async def test_only_sessions_that_exist_are_found(self, subject: Storage) -> None:
        session = await log_in(subject, await add(subject))
        asked = [new_id(), session.id, *(new_id() for _ in range(2000)), session.id]

        assert {session.id} == set(await subject.sessions.identities(asked))
        assert {} == await subject.sessions.identities([])
        assert {session.id} == set(await subject.sessions.identities({session.id}))

    async def test_a_session_and_its_user_are_read_at_one_moment(
        self, subject: Storage
    ) -> None:
        user = await add(subject)
        session, token_id = (
            await log_in(subject, user),
            await _reset_token(subject, user),
        )

        async def consistent() -> bool:
            found = (await subject.sessions.identities([session.id]))[session.id]
            live = found.session.ended_at is None
            return live == (found.user.stamp == user.stamp)

        looks = [consistent() for _ in range(RACERS)]
        middle = RACERS // 2
        seen = await asyncio.gather(
            *looks[:middle], _reset(subject, token_id), *looks[middle:]
        )

        assert all(seen)

    async def test_a_session_opens_only_for_the_stored_stamp(
        self, subject: Storage
    ) -> None:
        user = await add(subject, stamp=7)
        outdated, unheard_of = (a_session(user), 6), (a_session(user), 8)
        nobodys = a_session(replace(user, id=user.id + 1)), 7

        for session, stamp in (outdated, unheard_of, nobodys):
            assert not await subject.sessions.open(
                session, stamp=stamp, devices=[], events=[an_event()]
            )

            assert {} == await subject.sessions.identities([session.id])
        assert [] == await history(subject)

    async def test_no_log_in_outlives_a_reset_that_it_raced(
        self, subject: Storage
    ) -> None:
        user = await add(subject)
        token_id = await _reset_token(subject, user)
        sessions = [a_session(user) for _ in range(RACERS)]

        opening = [
            subject.sessions.open(s, stamp=user.stamp, devices=[], events=[])
            for s in sessions
        ]
        middle = RACERS // 2
        await asyncio.gather(
            *opening[:middle], _reset(subject, token_id), *opening[middle:]
        )

        found = await subject.sessions.identities([s.id for s in sessions])
        live = [i for i in found.values() if i.session.ended_at is None]
        assert [] == live

    async def test_advancing_stores_what_a_refresh_changes_and_nothing_else(
        self, subject: Storage
    ) -> None:
        user, other = await add(subject), await add(subject, "bob")
        session = await log_in(subject, user)
        bystander = await log_in(subject, user)
        advanced = _next(session)
        foreign = replace(
            advanced,
            user_id=other.id,
            created_at=LATER,
            ended_at=LATER,
            end_reason=EndReason.LOGGED_OUT,
        )

        assert await subject.sessions.advance(foreign, events=[])

        assert advanced == await stored(subject, session.id)
        assert bystander == await stored(subject, bystander.id)

    async def test_one_of_many_advances_a_generation(self, subject: Storage) -> None:
        session = await log_in(subject, await add(subject), generation=6)
        rivals = [
            replace(_next(session), expires_at=LATER + number * MINUTE)
            for number in range(RACERS)
        ]

        won = await race(
            lambda number: subject.sessions.advance(rivals[number], events=[])
        )

        assert 1 == sum(won)
        assert rivals[won.index(True)] == await stored(subject, session.id)

    async def test_only_the_next_generation_is_stored(self, subject: Storage) -> None:
        session = await log_in(subject, await add(subject), generation=6)

        for generation in (5, 6, 8):
            skipping = replace(_next(session), generation=generation)
            assert not await subject.sessions.advance(skipping, events=[])
        assert not await subject.sessions.advance(
            replace(_next(session), id=new_id()), events=[]
        )

        assert session == await stored(subject, session.id)

    async def test_an_ended_session_does_not_advance(self, subject: Storage) -> None:
        session = await log_in(subject, await add(subject))
        await end(subject, session)
        ended = await stored(subject, session.id)

        assert not await subject.sessions.advance(_next(session), events=[])

        assert ended == await stored(subject, session.id)

    async def test_a_session_stays_ended_whoever_advances_it(
        self, subject: Storage
    ) -> None:
        user = await add(subject)
        sessions = [await log_in(subject, user) for _ in range(RACERS)]

        await asyncio.gather(
            *(
                subject.sessions.advance(_next(session), events=[])
                for session in sessions
            ),
            *(end(subject, session) for session in sessions),
        )

        found = await subject.sessions.identities([s.id for s in sessions])
        assert {NOW} == {identity.session.ended_at for identity in found.values()}


class EndingLaws(Contract):
    async def test_an_ended_session_says_when_and_why(self, subject: Storage) -> None:
        user = await add(subject)
        session, other = await log_in(subject, user), await log_in(subject, user)

        for reason in EndReason:
            session = await log_in(subject, user)
            assert await subject.sessions.end(
                session.id, at=LATER, reason=reason, events=[]
            )

            expected = replace(session, ended_at=LATER, end_reason=reason)
            assert expected == await stored(subject, session.id)
        assert other == await stored(subject, other.id)

    async def test_one_of_many_ends_a_session(self, subject: Storage) -> None:
        session = await log_in(subject, await add(subject))

        won = await race(
            lambda number: subject.sessions.end(
                session.id,
                at=NOW + number * MINUTE,
                reason=EndReason.LOGGED_OUT,
                events=[an_event()],
            )
        )

        assert 1 == sum(won)
        ended = await stored(subject, session.id)
        assert NOW + won.index(True) * MINUTE == ended.ended_at
        assert 1 == len(await history(subject))

    async def test_there_is_no_end_without_a_session(self, subject: Storage) -> None:
        assert not await subject.sessions.end(
            new_id(), at=NOW, reason=EndReason.LOGGED_OUT, events=[an_event()]
        )

        assert [] == await history(subject)

    async def test_all_of_a_users_sessions_end_and_are_counted(
        self, subject: Storage
    ) -> None:
        ada, bob = await add(subject), await add(subject, "bob")
        theirs = [await log_in(subject, ada) for _ in range(3)]
        expired = await log_in(subject, ada, expires_at=NOW)
        gone, foreign = await log_in(subject, ada), await log_in(subject, bob)
        await end(subject, gone)

        count = await _end_all(subject, ada)

        assert 4 == count
        reason = EndReason.LOGGED_OUT_EVERYWHERE
        for session in (*theirs, expired):
            expected = replace(session, ended_at=LATER, end_reason=reason)
            assert expected == await stored(subject, session.id)
        assert EndReason.LOGGED_OUT == (await stored(subject, gone.id)).end_reason
        assert foreign == await stored(subject, foreign.id)

    async def test_ending_all_of_none_is_told_too(self, subject: Storage) -> None:
        user = await add(subject)
        gone = await log_in(subject, user)
        await end(subject, gone)

        count = await _end_all(subject, user)

        assert 0 == count
        (event,) = await history(subject)
        assert (EventKind.SESSIONS_ENDED, user.id) == (event.kind, event.user_id)
        assert EndReason.LOGGED_OUT == (await stored(subject, gone.id)).end_reason

    async def test_each_session_is_ended_by_one_of_many(self, subject: Storage) -> None:
        user = await add(subject)
        sessions = [await log_in(subject, user) for _ in range(5)]

        counts = await race(lambda _: _end_all(subject, user))

        assert len(sessions) == sum(counts)


def _next(session: Session) -> Session:
    return replace(
        session,
        generation=session.generation + 1,
        rotations=(*session.rotations, LATER),
        last_used_at=LATER,
        expires_at=LATER + DAY,
        client=Client(address="203.0.113.9", label="curl"),
    )


async def _end_all(storage: Storage, user: User) -> int:
    return await storage.sessions.end_all(
        user.id,
        at=LATER,
        reason=EndReason.LOGGED_OUT_EVERYWHERE,
        events=[an_event(EventKind.SESSIONS_ENDED, user.id)],
    )


async def _reset_token(storage: Storage, user: User) -> str:
    return await issue(storage, user, Purpose.RESET_PASSWORD)


async def _reset(storage: Storage, token_id: str) -> bool:
    user = await storage.users.reset_password(
        token_id, purpose=Purpose.RESET_PASSWORD, new_hash="new", at=NOW, events=[]
    )
    return user is not None
