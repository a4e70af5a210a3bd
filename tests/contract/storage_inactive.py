from dataclasses import replace

from core.model import EndReason, User
from core.model.events import EventKind
from core.ports import Storage
from tests.contract.base import Contract
from tests.contract.storage_records import (
    MINUTE,
    MOMENT,
    NOW,
    a_session,
    add,
    an_event,
    end,
    history,
    log_in,
    race,
    stored,
    switch,
)

LATER = NOW + MINUTE


class InactiveLaws(Contract):
    async def test_no_session_opens_for_an_inactive_user(
        self, subject: Storage
    ) -> None:
        user = await switch(subject, await add(subject), is_active=False)
        session = a_session(user)

        assert not await subject.sessions.open(
            session, stamp=user.stamp, devices=[], events=[an_event()]
        )

        assert {} == await subject.sessions.identities([session.id])
        assert [] == await history(subject)

    async def test_what_an_inactive_user_had_ends_and_is_counted(
        self, subject: Storage
    ) -> None:
        ada, bob = await add(subject), await add(subject, "bob")
        theirs = [await log_in(subject, ada) for _ in range(3)]
        gone, foreign = await log_in(subject, ada), await log_in(subject, bob)
        await end(subject, gone)
        gone = await stored(subject, gone.id)
        await switch(subject, ada, is_active=False)

        assert 3 == await _ended(subject, ada)

        reason = EndReason.USER_INACTIVE
        for session in theirs:
            expected = replace(session, ended_at=LATER, end_reason=reason)
            assert expected == await stored(subject, session.id)
        assert gone == await stored(subject, gone.id)
        assert foreign == await stored(subject, foreign.id)

    async def test_what_was_opened_since_the_look_stays(self, subject: Storage) -> None:
        user = await add(subject)
        before = await log_in(subject, user, created_at=LATER)
        since = await log_in(subject, user, created_at=LATER + MOMENT)

        assert 1 == await _ended(subject, user)

        assert LATER == (await stored(subject, before.id)).ended_at
        assert since == await stored(subject, since.id)

    async def test_sessions_of_an_inactive_user_end_once_and_are_told_once(
        self, subject: Storage
    ) -> None:
        user = await add(subject)
        sessions = [await log_in(subject, user) for _ in range(5)]

        counts = await race(lambda _: _ended(subject, user))

        assert len(sessions) == sum(counts)
        assert sum(map(bool, counts)) == len(await history(subject))

    async def test_nothing_is_told_where_nothing_was_to_end(
        self, subject: Storage
    ) -> None:
        user = await add(subject)
        await end(subject, await log_in(subject, user))

        assert 0 == await _ended(subject, user)

        assert [] == await history(subject)


async def _ended(storage: Storage, user: User) -> int:
    return await storage.sessions.end_of_inactive(
        user.id, at=LATER, events=[an_event(EventKind.SESSIONS_ENDED, user.id)]
    )
