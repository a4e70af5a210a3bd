import asyncio
from dataclasses import replace
from typing import Any

from core.model import Client, Purpose, RecordKind, User
from core.model.events import Event, EventKind
from core.ports import Storage
from tests.contract.base import Contract
from tests.contract.storage_listing import ids_found
from tests.contract.storage_records import (
    DAY,
    NOW,
    RACERS,
    a_session,
    a_token,
    add,
    an_account,
    an_event,
    change,
    history,
    issue,
    log_in,
    race,
    seen,
    stored,
)

MARK = "xyzzy"
"""Stands in all that names the person, and in nothing else."""

CHANGED, DELETED = EventKind.USER_CHANGED, EventKind.USER_DELETED


class UserRemovalLaws(Contract):
    async def test_nothing_that_names_a_removed_person_is_left(
        self, subject: Storage
    ) -> None:
        user, _ = await _named(subject), await add(subject, "bob")
        before = await _told(subject, user)

        assert await subject.users.remove(user.id, stamp=None, events=[])

        assert await subject.users.account(user.id) is None
        assert await subject.users.by_email(user.email_key) is None
        assert [] == await ids_found(subject, MARK)
        assert [] == list(await subject.tokens.of_user(user.id))
        pages = [
            await subject.archive.read(kind, after=None, limit=99)
            for kind in RecordKind
        ]
        assert MARK not in repr(pages)
        assert 1 == await subject.archive.count(RecordKind.USERS)
        assert 0 == await subject.archive.count(RecordKind.SESSIONS)
        assert [it.id for it in before] == [it.id for it in await history(subject)]

    async def test_events_keep_what_does_not_name_who_was_removed(
        self, subject: Storage
    ) -> None:
        user, other = await _named(subject), await add(subject, "bob")
        about, by, both, neither = await _told(subject, user)
        told = an_event(DELETED, user.id, address="a", label="b", data={"email": "c"})

        await subject.users.remove(user.id, stamp=user.stamp, events=[told])

        assert other == await subject.users.get(other.id)
        assert [
            replace(about, address=None, label=None, data={}),
            replace(by, address=None, label=None),
            replace(both, address=None, label=None, data={}),
            neither,
            told,
        ] == await history(subject)

    async def test_nobody_gets_the_id_of_who_was_removed_but_the_names(
        self, subject: Storage
    ) -> None:
        user = await add(subject)

        await subject.users.remove(user.id, stamp=None, events=[])
        again = await add(subject)

        assert user.id < again.id
        assert (user.email, user.username) == (again.email, again.username)
        assert again.id == await subject.archive.highest_id()
        assert await subject.users.get(user.id) is None

    async def test_nobody_is_removed_with_another_stamp(self, subject: Storage) -> None:
        user = await add(subject, stamp=7)
        session, token = await log_in(subject, user), await issue(subject, user)

        for user_id, stamp in ((user.id, 6), (user.id, 8), (99, None), (99, 7)):
            event = an_event(DELETED, user_id)
            assert not await subject.users.remove(user_id, stamp=stamp, events=[event])

        assert an_account(seen(user)) == await subject.users.account(user.id)
        assert session == await stored(subject, session.id)
        assert await subject.tokens.get(token) is not None
        assert [] == await history(subject)
        assert await subject.users.remove(user.id, stamp=7, events=[])

    async def test_a_removal_touches_nobody_else(self, subject: Storage) -> None:
        user, other = await _named(subject), await add(subject, "bob")
        session, token = await log_in(subject, other), a_token(other.id)
        told = an_event(CHANGED, other.id, actor="bob", address="a", label="b")
        await subject.tokens.issue(token, events=[told])

        assert await subject.users.remove(user.id, stamp=None, events=[])

        assert an_account(seen(other)) == await subject.users.account(other.id)
        assert session == await stored(subject, session.id)
        assert token == await subject.tokens.get(token.id)
        assert [told] == await history(subject)

    async def test_one_of_many_removes_a_user(self, subject: Storage) -> None:
        user = await add(subject)

        won = await race(
            lambda number: subject.users.remove(
                user.id,
                stamp=None if number % 2 else user.stamp,
                events=[an_event(DELETED, user.id)],
            )
        )

        assert 1 == sum(won)
        assert 1 == len(await history(subject))

    async def test_nothing_begins_for_who_is_being_deleted(
        self, subject: Storage
    ) -> None:
        users = [await add(subject, f"user{number}") for number in range(RACERS // 5)]

        await asyncio.gather(
            *(_begin(subject, user) for user in users[::2]),
            *(subject.users.remove(it.id, stamp=None, events=[]) for it in users),
            *(_begin(subject, user) for user in users[1::2]),
        )

        kinds = (RecordKind.USERS, RecordKind.SESSIONS, RecordKind.TOKENS)
        assert [0, 0, 0] == [await subject.archive.count(kind) for kind in kinds]


async def _named(storage: Storage) -> User:
    """Return somebody whose mark is in all that is stored of them."""
    user = await add(
        storage,
        f"{MARK}-ada",
        email=f"Ada@{MARK}.com",
        full_name=f"Ada {MARK}",
        password_hash=MARK,
        last_login_at=NOW - DAY,
    )
    session = a_session(user, client=Client(address=MARK, label=MARK))
    await storage.sessions.open(session, stamp=user.stamp, devices=[MARK], events=[])
    await log_in(storage, user, ended_at=NOW, client=Client(MARK, MARK))
    for purpose in Purpose:
        token = a_token(user.id, purpose, email=f"new@{MARK}.com")
        await storage.tokens.issue(token, events=[])
    return seen(user)


async def _told(storage: Storage, user: User) -> list[Event]:
    """Tell of what was done to the user, by them, both and neither."""
    known: dict[str, Any] = {"address": MARK, "label": MARK}
    events = [
        an_event(CHANGED, user.id, actor="99", **known, data={"old": MARK}),
        an_event(CHANGED, 99, actor=str(user.id), **known, data={"role": "admin"}),
        an_event(CHANGED, user.id, actor=str(user.id), **known, data={"new": MARK}),
        an_event(
            CHANGED, 99, actor=f"{user.id}9", address="a", label="b", data={"c": "d"}
        ),
    ]
    await storage.events.append(events)
    return events


async def _begin(storage: Storage, user: User) -> None:
    await asyncio.gather(
        storage.tokens.issue(a_token(user.id), events=[]),
        storage.sessions.open(a_session(user), stamp=0, devices=[], events=[]),
        change(storage, user, full_name="Eve", issues=a_token(user.id)),
    )
