import asyncio
from dataclasses import replace

from core.model import EndReason, Purpose, Session, User
from core.model.events import EventKind
from core.ports import Storage
from tests.contract.base import Contract
from tests.contract.storage_records import (
    EVERY_FIELD,
    HASH,
    MINUTE,
    NOW,
    RACERS,
    a_session,
    add,
    an_account,
    an_event,
    change_password,
    end,
    hash_of,
    history,
    issue,
    log_in,
    new_id,
    race,
    seen,
    stored,
    switch,
)

RESET = Purpose.RESET_PASSWORD
ACTIVE = EVERY_FIELD | {"is_active": True}


class ChangeLaws(Contract):
    async def test_a_change_replaces_the_hash_and_nothing_else(
        self, subject: Storage
    ) -> None:
        user = await add(subject, **ACTIVE)
        other = await add(subject, "bob", **ACTIVE)

        assert await _changed(subject, user, await log_in(subject, user))

        expected = replace(seen(user), stamp=user.stamp + 1, updated_at=NOW)
        assert expected == await subject.users.get(user.id)
        assert "new" == await hash_of(subject, user)
        assert other == await subject.users.get(other.id)
        assert "hash" == await hash_of(subject, other)

    async def test_a_change_ends_all_sessions_and_opens_a_successor(
        self, subject: Storage
    ) -> None:
        user, other = await add(subject), await add(subject, "bob")
        this, lost = await log_in(subject, user), await log_in(subject, user)
        gone, foreign = await log_in(subject, user), await log_in(subject, other)
        await end(subject, gone)
        gone = await stored(subject, gone.id)
        successor = a_session(user, expires_at=NOW + MINUTE)

        await change_password(subject, user, this, successor=successor)

        reason = EndReason.PASSWORD_CHANGED
        for session in (this, lost):
            expected = replace(session, ended_at=NOW, end_reason=reason)
            assert expected == await stored(subject, session.id)
        assert successor == await stored(subject, successor.id)
        assert gone == await stored(subject, gone.id)
        assert foreign == await stored(subject, foreign.id)

    async def test_mailed_tokens_stay_good_through_a_change_but_not_a_new_address(
        self, subject: Storage
    ) -> None:
        user, other = await add(subject), await add(subject, "bob")
        session = await log_in(subject, user)
        for purpose in Purpose:
            await issue(subject, user, purpose)
        theirs = await issue(subject, other, Purpose.CHANGE_EMAIL)

        assert await _changed(subject, user, session)

        left = {token.purpose for token in await subject.tokens.of_user(user.id)}
        assert set(Purpose) - {Purpose.CHANGE_EMAIL} == left
        assert await subject.tokens.get(theirs) is not None

    async def test_who_ends_all_sessions_ends_a_successor_that_comes_meanwhile(
        self, subject: Storage
    ) -> None:
        users = [await add(subject, f"ada-{number}") for number in range(RACERS)]
        before = [await log_in(subject, user) for user in users]
        after = [a_session(user) for user in users]

        async def end_and_change(number: int) -> int:
            user, this = users[number], before[number]
            why = EndReason.LOGGED_OUT_EVERYWHERE
            ended, _ = await asyncio.gather(
                subject.sessions.end_all(user.id, at=NOW, reason=why, events=[]),
                change_password(subject, user, this, successor=after[number]),
            )
            return ended

        # Whichever comes first, each user has one session at any time, and none then.
        assert [1] * RACERS == await race(end_and_change)
        found = await subject.sessions.identities([it.id for it in before + after])
        assert all(identity.session.ended_at for identity in found.values())

    async def test_one_of_many_changes_a_password(self, subject: Storage) -> None:
        user = await add(subject)
        session = await log_in(subject, user)
        successors = [a_session(user) for _ in range(RACERS)]

        won = await race(
            lambda number: change_password(
                subject,
                user,
                session,
                new_hash=f"hash {number}",
                successor=successors[number],
                events=[an_event()],
            )
        )

        assert 1 == sum(won)
        assert f"hash {won.index(True)}" == await hash_of(subject, user)
        assert 1 == len(await history(subject))
        found = await subject.sessions.identities([one.id for one in successors])
        assert {successors[won.index(True)].id} == set(found)

    async def test_a_session_is_renewed_or_ended_and_never_both(
        self, subject: Storage
    ) -> None:
        for name in (f"user{number}" for number in range(10)):
            user = await add(subject, name)
            session, successor = await log_in(subject, user), a_session(user)

            *_, renewed, ended = await race(
                lambda number, user=user, session=session, successor=successor: (  # type: ignore[misc]
                    end(subject, session)
                    if number == RACERS - 1
                    else change_password(subject, user, session, successor=successor)
                    if number == RACERS - 2
                    else subject.sessions.identities([session.id])
                )
            )

            assert renewed != ended
            found = await subject.sessions.identities([successor.id])
            assert renewed == (successor.id in found)

    async def test_no_change_without_the_stored_stamp(self, subject: Storage) -> None:
        user = await add(subject, stamp=7)
        session = await log_in(subject, user)

        for stamp in (6, 8):
            assert not await _changed(subject, replace(user, stamp=stamp), session)

        await _is_untouched(subject, user, session)

    async def test_only_a_live_session_of_the_user_is_renewed(
        self, subject: Storage
    ) -> None:
        user, other = await add(subject), await add(subject, "bob")
        session, gone = await log_in(subject, user), await log_in(subject, user)
        foreign = await log_in(subject, other)
        await end(subject, gone)

        for renewed in (gone, foreign, replace(session, id=new_id())):
            assert not await _changed(subject, user, renewed)

        await _is_untouched(subject, user, session)
        assert foreign == await stored(subject, foreign.id)

    async def test_an_inactive_user_changes_no_password(self, subject: Storage) -> None:
        user = await add(subject)
        session = await log_in(subject, user)
        user = await switch(subject, seen(user), is_active=False)

        assert not await _changed(subject, user, session)

        await _is_untouched(subject, user, session)


class HashLaws(Contract):
    async def test_a_hash_made_anew_changes_nothing_else(
        self, subject: Storage
    ) -> None:
        user, other = await add(subject, **ACTIVE), await add(subject, "bob", **ACTIVE)
        session, token_id = (
            await log_in(subject, user),
            await issue(subject, user, RESET),
        )

        assert await _rehashed(subject, user, "anew")

        assert an_account(seen(user), "anew") == await subject.users.account(user.id)
        assert an_account(other) == await subject.users.account(other.id)
        assert session == await stored(subject, session.id)
        assert await subject.tokens.get(token_id) is not None

    async def test_no_hash_is_made_anew_without_the_stored_stamp(
        self, subject: Storage
    ) -> None:
        user = await add(subject, stamp=7)
        others = [replace(user, stamp=6), replace(user, stamp=8), replace(user, id=9)]

        assert not any([await _rehashed(subject, it, "anew") for it in others])

        assert an_account(user) == await subject.users.account(user.id)

    async def test_no_hash_is_made_anew_but_of_the_stored_one(
        self, subject: Storage
    ) -> None:
        user = await add(subject)
        nobody = await add(subject, "bob", password_hash=None)

        assert not await _rehashed(subject, user, "anew", old_hash="older")
        assert not await _rehashed(subject, nobody, "anew")

        assert an_account(user) == await subject.users.account(user.id)
        assert await hash_of(subject, nobody) is None

    async def test_no_hash_that_is_made_anew_undoes_a_change_it_raced(
        self, subject: Storage
    ) -> None:
        user = await add(subject)
        session = await log_in(subject, user)

        won = await race(
            lambda number: (
                change_password(subject, user, session)
                if number == RACERS // 2
                else _rehashed(subject, user, "anew")
            )
        )

        assert won[RACERS // 2]
        assert "new" == await hash_of(subject, user)


async def _changed(storage: Storage, user: User, session: Session) -> bool:
    event = an_event(EventKind.PASSWORD_CHANGED, user.id)
    return await change_password(storage, user, session, events=[event])


async def _is_untouched(storage: Storage, user: User, session: Session) -> None:
    assert an_account(seen(user)) == await storage.users.account(user.id)
    assert session == await stored(storage, session.id)
    assert [] == await history(storage)


async def _rehashed(
    storage: Storage, user: User, new_hash: str, *, old_hash: str = HASH
) -> bool:
    return await storage.users.replace_hash(
        user.id, stamp=user.stamp, old_hash=old_hash, new_hash=new_hash
    )
