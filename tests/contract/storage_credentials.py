from collections.abc import Sequence
from dataclasses import replace

from core.model import UNSAVED, Account, EndReason, Purpose, User
from core.ports import Storage
from tests.contract.base import Contract
from tests.contract.storage_records import (
    HASH,
    NOW,
    RACERS,
    a_session,
    add,
    an_account,
    change_password,
    hash_of,
    issue,
    log_in,
    race,
    stored,
)

RESET = Purpose.RESET_PASSWORD


class AccountLaws(Contract):
    async def test_an_account_is_a_user_and_their_credentials(
        self, subject: Storage
    ) -> None:
        ada, bob = await add(subject), await add(subject, "bob", password_hash=None)

        assert [an_account(ada)] * 2 == await _looks(subject, ada)
        assert [an_account(bob, None)] * 2 == await _looks(subject, bob)

    async def test_there_is_no_account_without_a_user(self, subject: Storage) -> None:
        user = await add(subject)

        for user_id in (user.id + 1, UNSAVED):
            assert await subject.users.account(user_id) is None
        for email_key in ("ADA@EXAMPLE.COM", "ada@example.co_", ".*", "%", ""):
            assert await subject.users.account_by_email(email_key) is None

    async def test_an_account_is_read_at_one_moment(self, subject: Storage) -> None:
        user = await add(subject)
        session = await log_in(subject, user)

        async def look_or_change(number: int) -> Sequence[Account | None]:
            if number != RACERS // 2:
                return await _looks(subject, user)
            assert await change_password(subject, user, session)
            return []

        seen = [one for looks in await race(look_or_change) for one in looks]

        pairs = {(a.user.stamp, a.credentials.password_hash) for a in seen if a}
        assert pairs <= {(0, "hash"), (1, "new")}

    async def test_who_has_no_password_can_be_logged_in_and_set_one(
        self, subject: Storage
    ) -> None:
        user = await add(subject, password_hash=None)
        session, token_id = (
            await log_in(subject, user),
            await issue(subject, user, RESET),
        )

        assert await _reset(subject, token_id)

        assert (
            EndReason.PASSWORD_RESET == (await stored(subject, session.id)).end_reason
        )
        assert "new" == await hash_of(subject, user)


class StampLaws(Contract):
    async def test_the_stamp_grows_with_every_change_of_a_user_but_by_log_ins(
        self, subject: Storage
    ) -> None:
        user, users = await add(subject), subject.users
        session, stamps = await log_in(subject, user), []

        stamps.append(await _stamp(subject, user))
        await users.verify_email(await issue(subject, user), at=NOW, events=[])
        stamps.append(await _stamp(subject, user))
        await users.replace_hash(user.id, stamp=1, old_hash=HASH, new_hash="anew")
        stamps.append(await _stamp(subject, user))
        verified = replace(user, stamp=1)
        await change_password(subject, verified, session)
        stamps.append(await _stamp(subject, user))
        await _reset(subject, await issue(subject, user, RESET))
        stamps.append(await _stamp(subject, user))
        later = await log_in(subject, replace(user, stamp=3))
        await subject.sessions.advance(replace(later, generation=1), events=[])
        reset = await hash_of(subject, user)
        assert reset
        await users.replace_hash(user.id, stamp=3, old_hash=reset, new_hash="anew")
        stamps.append(await _stamp(subject, user))

        assert [0, 1, 1, 2, 3, 3] == stamps

    async def test_the_stamp_counts_every_new_password_of_a_race(
        self, subject: Storage
    ) -> None:
        user = await add(subject)
        session = await log_in(subject, user)
        token_id = await issue(subject, user, RESET)

        won = await race(
            lambda number: (
                change_password(subject, user, session)
                if number % 2
                else _reset(subject, token_id)
            )
        )

        assert sum(won) == await _stamp(subject, user)

    async def test_no_log_in_outlives_a_change_that_it_raced(
        self, subject: Storage
    ) -> None:
        user = await add(subject)
        session, successor = await log_in(subject, user), a_session(user)
        sessions = [a_session(user) for _ in range(RACERS)]

        async def open_or_change(number: int) -> bool:
            if number == RACERS // 2:
                return await change_password(
                    subject, user, session, successor=successor
                )
            return await subject.sessions.open(
                sessions[number], stamp=user.stamp, devices=[], events=[]
            )

        won = await race(open_or_change)

        ids = [successor.id, *(one.id for one in sessions)]
        found = (await subject.sessions.identities(ids)).values()
        live = {it.session.id for it in found if it.session.ended_at is None}
        assert won[RACERS // 2]
        assert {successor.id} == live


async def _looks(storage: Storage, user: User) -> list[Account | None]:
    """Return what both ways to an account find."""
    users = storage.users
    return [await users.account(user.id), await users.account_by_email(user.email_key)]


async def _reset(storage: Storage, token_id: str) -> bool:
    user = await storage.users.reset_password(
        token_id, purpose=Purpose.RESET_PASSWORD, new_hash="new", at=NOW, events=[]
    )
    return user is not None


async def _stamp(storage: Storage, user: User) -> int:
    found = await storage.users.get(user.id)
    assert found is not None
    return found.stamp
