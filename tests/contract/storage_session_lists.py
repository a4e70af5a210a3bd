from collections.abc import Awaitable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from core.model import EndReason, Found, RecordKind, Session, User
from core.model.events import EventKind
from core.ports import Storage
from tests.contract.base import Contract
from tests.contract.storage_listing import Look, all_at_once, in_pages
from tests.contract.storage_records import (
    DAY,
    HASH,
    MINUTE,
    MOMENT,
    NOW,
    a_session,
    add,
    an_account,
    an_event,
    end,
    history,
    log_in,
    new_id,
    seen,
    stored,
)
from tests.contract.storage_values import ELSEWHERE

WHY = EndReason.LOGGED_OUT_EVERYWHERE


class DeviceLaws(Contract):
    async def test_a_log_in_is_noted_with_the_devices_and_changes_nothing_else(
        self, subject: Storage
    ) -> None:
        user, other = await add(subject, stamp=7), await add(subject, "bob")
        devices = (("curl",), ("Firefox on Windows", "curl"), ())

        for minutes, names in enumerate(devices):
            at = NOW + minutes * MINUTE
            session = a_session(user, created_at=at)
            assert await subject.sessions.open(
                session, stamp=7, devices=list(names), events=[]
            )
            expected = an_account(seen(user, at), HASH, names)
            assert expected == await subject.users.account(user.id)
            assert expected == await subject.users.account_by_email(user.email_key)
            assert an_account(other) == await subject.users.account(other.id)

    async def test_a_refused_log_in_is_not_noted(self, subject: Storage) -> None:
        user = await add(subject, stamp=7)
        idle = await add(subject, "bob", is_active=False)

        for who, stamp in ((user, 6), (idle, 0)):
            assert not await subject.sessions.open(
                a_session(who), stamp=stamp, devices=["curl"], events=[]
            )

            assert an_account(who) == await subject.users.account(who.id)

    async def test_a_log_in_is_noted_in_utc(self, subject: Storage) -> None:
        user = await add(subject)

        await log_in(subject, user, created_at=ELSEWHERE)

        found = await subject.users.get(user.id)
        assert found is not None
        assert found.last_login_at is not None
        offset = found.last_login_at.utcoffset()
        assert (NOW, timedelta(0)) == (found.last_login_at, offset)


class SessionListLaws(Contract):
    async def test_the_live_sessions_of_a_user_are_listed_the_newest_first(
        self, subject: Storage
    ) -> None:
        user, other = await add(subject), await add(subject, "bob")
        live = [
            a_session(user, created_at=NOW - minutes * MINUTE)
            for minutes in (3, 1, 2, 1, 1)
        ]
        dead = [
            a_session(user, expires_at=NOW),
            a_session(user, ended_at=NOW + DAY),
            a_session(user, expires_at=NOW - MOMENT),
            a_session(other),
        ]
        late = a_session(user, created_at=NOW - 9 * MINUTE, expires_at=NOW + MOMENT)
        await subject.archive.write(RecordKind.SESSIONS, [*live, *dead, late])

        found = await all_at_once(_sessions_of(subject, user))

        newest_first = sorted([*live, late], key=_place, reverse=True)
        assert newest_first == found
        for at in (ELSEWHERE, ELSEWHERE - 2 * MOMENT):
            listed = await all_at_once(_sessions_of(subject, user, at))
            assert (at < NOW) == (dead[0] in listed)
        nobody = replace(user, id=other.id + 1)
        assert [] == await all_at_once(_sessions_of(subject, nobody))

    async def test_a_place_among_sessions_holds_whatever_happens(
        self, subject: Storage
    ) -> None:
        user = await add(subject)
        sessions = [a_session(user, created_at=NOW - n % 3 * MINUTE) for n in range(7)]
        await subject.archive.write(RecordKind.SESSIONS, sessions)

        async def one_ends_and_two_begin(page: Found[Session]) -> None:
            await end(subject, page.records[-1])
            for _ in range(2):
                await log_in(subject, user, created_at=NOW + MINUTE)

        look = _sessions_of(subject, user)
        undisturbed = await in_pages(look, 3)
        pages = await in_pages(look, 2, meanwhile=one_ends_and_two_begin)

        expected = sorted(sessions, key=_place, reverse=True)
        assert [3, 3, 1] == [len(page) for page in undisturbed]
        assert expected == [*chain(*undisturbed)] == [*chain(*pages)]

    async def test_sessions_are_counted_as_far_as_was_asked(
        self, subject: Storage
    ) -> None:
        user = await add(subject)
        await subject.archive.write(
            RecordKind.SESSIONS, [a_session(user) for _ in range(5)]
        )
        look = _sessions_of(subject, user)
        behind = (await look(after=None, limit=2, count_to=9)).items[-1][0]

        totals = [
            (await look(after=after, limit=limit, count_to=count_to)).total
            for after in (None, behind)
            for limit, count_to in ((1, 99), (99, 3))
        ]

        assert [5, 3] * 2 == totals

    async def test_all_sessions_end_but_the_one_that_is_kept(
        self, subject: Storage
    ) -> None:
        user, other = await add(subject), await add(subject, "bob")
        kept, *others = [await log_in(subject, user) for _ in range(3)]
        foreign = await log_in(subject, other)

        told = an_event(EventKind.SESSIONS_ENDED, user.id)
        count = await subject.sessions.end_all(
            user.id, keep=kept.id, at=NOW, reason=WHY, events=[told]
        )

        assert 2 == count
        assert [told] == await history(subject)
        for session in (kept, foreign):
            assert session == await stored(subject, session.id)
        for session in others:
            expected = replace(session, ended_at=NOW, end_reason=WHY)
            assert expected == await stored(subject, session.id)
        for nobodys in (foreign.id, new_id()):
            rest = await subject.sessions.end_all(
                user.id, keep=nobodys, at=NOW, reason=WHY, events=[]
            )
            assert (nobodys == foreign.id) == bool(rest)


def _sessions_of(storage: Storage, user: User, at: datetime = NOW) -> Look[Session]:
    def look(**page: Any) -> Awaitable[Found[Session]]:  # noqa: ANN401 - where, and how many
        return storage.sessions.of_user(user.id, at=at, **page)

    return look


def _place(session: Session) -> tuple[datetime, str]:
    return (session.created_at, session.id)
