from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeAlias

import pytest

from core.errors import EmailTaken, UsernameTaken
from core.model import EndReason, Locale, Purpose, Role, User
from core.model.events import EventKind
from core.ports import Storage
from tests.contract.base import Contract
from tests.contract.storage_listing import ids_found
from tests.contract.storage_records import (
    DAY,
    EVERY_FIELD,
    HASH,
    MINUTE,
    NOW,
    RACERS,
    a_session,
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
from tests.contract.storage_values import ELSEWHERE

Edit: TypeAlias = dict[str, Any]

LATER = NOW + MINUTE
WHY = EndReason.USER_INACTIVE


class UserChangeLaws(Contract):
    async def test_a_change_stores_all_that_may_change_and_nothing_else(
        self, subject: Storage
    ) -> None:
        user, other = await add(subject), await add(subject, "bob", **EVERY_FIELD)
        session = a_session(user)
        await subject.sessions.open(session, stamp=0, devices=["curl"], events=[])
        token = await issue(subject, user)
        new: Edit = {
            "email": "Eve@example.com",
            "email_key": "eve@example.com",
            "username": "Eve",
            "full_name": "Eve",
            "role": Role.ADMIN,
            "is_active": False,
            "is_verified": True,
            "locale": Locale.DE,
            "updated_at": LATER,
        }
        odd: Edit = {"stamp": 99, "created_at": NOW + DAY, "last_login_at": NOW + DAY}

        after = await change(subject, user, **new | odd)

        assert replace(seen(user), stamp=1, **new) == after
        account = an_account(after, HASH, ("curl",))
        assert account == await subject.users.account(user.id)
        assert other == await subject.users.get(other.id)
        assert session == await stored(subject, session.id)
        assert await subject.tokens.get(token) is not None

    async def test_names_can_be_given_up_and_times_are_kept_in_utc(
        self, subject: Storage
    ) -> None:
        user = await add(subject, **EVERY_FIELD)

        after = await change(
            subject, user, full_name=None, locale=None, updated_at=ELSEWHERE
        )

        expected = replace(user, full_name=None, locale=None, stamp=8, updated_at=NOW)
        assert expected == after == await subject.users.get(user.id)
        assert after.updated_at.utcoffset() == timedelta(0)

    async def test_who_was_changed_is_found_by_what_they_are_called_now(
        self, subject: Storage
    ) -> None:
        user = await add(subject, full_name="Ada Lovelace")

        after = await change(
            subject,
            user,
            email="Eve@example.org",
            email_key="eve@example.org",
            username="Eve",
            full_name="Ève Östberg",
        )

        assert after == await subject.users.by_email("eve@example.org")
        assert await subject.users.by_email(user.email_key) is None
        for text in ("ada", "lovelace", "example.com"):
            assert [] == await ids_found(subject, text)
        for text in ("eve@", "ève", "östberg", "ö"):
            assert [user.id] == await ids_found(subject, text)
        assert user.id + 1 == (await add(subject)).id
        with pytest.raises(EmailTaken):
            await add(subject, "bob", email="eve@example.org")
        with pytest.raises(UsernameTaken):
            await add(subject, "bob", username="EVE")

    async def test_nobody_is_changed_without_the_stored_stamp(
        self, subject: Storage
    ) -> None:
        user = await add(subject, stamp=7)
        session = await log_in(subject, user)
        token = await issue(subject, user)

        for before in (
            replace(user, stamp=6),
            replace(user, stamp=8),
            replace(user, id=user.id + 1),
        ):
            assert await _changed_wholly(subject, before, token) is None

        assert an_account(seen(user)) == await subject.users.account(user.id)
        assert session == await stored(subject, session.id)
        assert await subject.tokens.get(token) is not None
        assert [] == await history(subject)

    async def test_one_of_many_changes_a_user(self, subject: Storage) -> None:
        user = await add(subject)

        got = await race(
            lambda number: change(
                subject, user, full_name=f"name {number}", events=[an_event()]
            )
        )

        (winner,) = (after for after in got if after)
        assert (f"name {got.index(winner)}", 1) == (winner.full_name, winner.stamp)
        assert winner == await subject.users.get(user.id)
        assert 1 == len(await history(subject))

    async def test_nobody_gets_the_names_of_others(self, subject: Storage) -> None:
        user, _ = await add(subject), await add(subject, "bob")
        await add(subject, "cyd")
        bobs: Edit = {"email": "Bob@example.com", "email_key": "bob@example.com"}

        clashes: list[tuple[Edit, type[Exception]]] = [
            (bobs, EmailTaken),
            ({"username": "BOB"}, UsernameTaken),
            (bobs | {"username": "cyd"}, EmailTaken),
        ]
        for edit, refusal in clashes:
            with pytest.raises(refusal):
                await change(subject, user, **edit, events=[an_event()])

        assert user == await subject.users.get(user.id)
        assert user == await subject.users.by_email(user.email_key)
        assert [] == await history(subject)
        own = await change(subject, user, email="ADA@example.com", username="ADA")
        assert own == await subject.users.by_email(user.email_key)

    async def test_no_log_in_outlives_a_deactivation_that_it_raced(
        self, subject: Storage
    ) -> None:
        user = await add(subject)
        sessions = [a_session(user) for _ in range(RACERS)]

        async def open_or_deactivate(number: int) -> bool:
            if number == RACERS // 2:
                after = await change(subject, user, is_active=False, ends_sessions=WHY)
                return after is not None
            return await subject.sessions.open(
                sessions[number], stamp=user.stamp, devices=[], events=[]
            )

        won = await race(open_or_deactivate)

        found = await subject.sessions.identities([one.id for one in sessions])
        assert won[RACERS // 2]
        assert all(identity.session.ended_at for identity in found.values())


async def _changed_wholly(storage: Storage, user: User, token: str) -> User | None:
    event = an_event(EventKind.USER_CHANGED, user.id)
    return await change(
        storage,
        user,
        full_name="Eve",
        events=[event],
        ends_sessions=WHY,
        voids=frozenset(Purpose),
        spends=token,
    )
