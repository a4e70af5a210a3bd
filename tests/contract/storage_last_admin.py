import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeAlias

import pytest

from core.errors import LastAdmin, Unavailable
from core.model import EndReason, RecordKind, Role, User
from core.model.events import EventKind
from core.ports import Storage
from tests.contract.base import Contract
from tests.contract.storage_records import (
    NOW,
    RACERS,
    a_user,
    add,
    an_account,
    an_event,
    change,
    history,
    issue,
    log_in,
    seen,
    stored,
)

Step: TypeAlias = Callable[[Storage, User], Awaitable[bool]]

PAIRS = 50

TRIES = 20


async def _demote(storage: Storage, user: User) -> bool:
    told = [an_event(EventKind.ROLE_CHANGED, user.id)]
    return await change(storage, user, role=Role.USER, events=told) is not None


async def _deactivate(storage: Storage, user: User) -> bool:
    told = [an_event(EventKind.USER_DEACTIVATED, user.id)]
    why = EndReason.USER_INACTIVE
    after = await change(storage, user, is_active=False, events=told, ends_sessions=why)
    return after is not None


async def _remove(storage: Storage, user: User) -> bool:
    told = [an_event(EventKind.USER_DELETED, user.id)]
    return await storage.users.remove(user.id, stamp=user.stamp, events=told)


STEPS: list[Step] = [_demote, _deactivate, _remove]


class LastAdminLaws(Contract):
    async def test_the_last_administrator_stays(self, subject: Storage) -> None:
        admin = await add(subject, "ada", role=Role.ADMIN)
        others = [
            await add(subject, "bob"),
            await add(subject, "cyd", role=Role.ADMIN, is_active=False),
            await add(subject, "dan", role=Role.ADMIN, password_hash=None),
        ]
        session, token = await log_in(subject, admin), await issue(subject, admin)

        for step in STEPS:
            with pytest.raises(LastAdmin):
                await step(subject, admin)

        assert an_account(seen(admin)) == await subject.users.account(admin.id)
        assert others == [await subject.users.get(it.id) for it in others]
        assert session == await stored(subject, session.id)
        assert await subject.tokens.get(token) is not None
        assert [] == await history(subject)

    async def test_the_last_administrator_may_change_otherwise(
        self, subject: Storage
    ) -> None:
        admin = await add(subject, "ada", role=Role.ADMIN)

        after = await change(subject, admin, full_name="Ada", is_verified=True)

        assert after is not None
        assert ("Ada", Role.ADMIN) == (after.full_name, after.role)

    async def test_an_administrator_may_go_while_another_stays(
        self, subject: Storage
    ) -> None:
        last = await add(subject, "ada", role=Role.ADMIN)

        for number, step in enumerate(STEPS):
            one = await add(subject, f"admin{number}", role=Role.ADMIN)
            assert await step(subject, one)

            with pytest.raises(LastAdmin):
                await step(subject, last)
        assert len(STEPS) == len(await history(subject))

    async def test_who_can_not_administer_may_always_go(self, subject: Storage) -> None:
        for number, step in enumerate(STEPS):
            user = await add(subject, f"user{number}")
            idle = await add(subject, f"idle{number}", role=Role.ADMIN, is_active=False)
            invited = await add(
                subject, f"invited{number}", role=Role.ADMIN, password_hash=None
            )
            for who in (user, idle, invited):
                assert await step(subject, who)

    async def test_who_was_promoted_lets_the_first_administrator_go(
        self, subject: Storage
    ) -> None:
        first, second = await add(subject, role=Role.ADMIN), await add(subject, "bob")
        promoted = await change(subject, second, role=Role.ADMIN)

        assert await _demote(subject, first)

        assert promoted is not None
        with pytest.raises(LastAdmin):
            await _demote(subject, promoted)

    async def test_the_stamp_counts_before_the_last_administrator(
        self, subject: Storage
    ) -> None:
        admin = await add(subject, role=Role.ADMIN, stamp=7)

        for step in STEPS:
            assert not await step(subject, replace(admin, stamp=6))

        assert admin == await subject.users.get(admin.id)
        assert [] == await history(subject)

    async def test_of_fifty_pairs_of_administrators_at_one_moment_one_remains(
        self, subject: Storage
    ) -> None:
        admins = await _admins(subject, 2 * PAIRS)
        pairs = zip(admins[::2], admins[1::2], strict=True)
        calls = [
            call
            for number, (one, other) in enumerate(pairs)
            for call in (
                _tried(STEPS[number % 2], subject, other),
                _tried(_remove, subject, one),
            )
        ]

        won = await asyncio.gather(*calls)

        assert 2 * PAIRS - 1 == sum(won)
        assert 1 == (await subject.statistics.users()).admins
        assert 2 * PAIRS - 1 == len(await history(subject))

    async def test_two_administrators_never_part_with_each_other(
        self, subject: Storage
    ) -> None:
        for number in range(RACERS // 5):
            one, other = await _admins(subject, 2)
            steps = STEPS[number % 3], STEPS[(number + number // 3) % 3]

            won = await asyncio.gather(
                _tried(steps[0], subject, other), _tried(steps[1], subject, one)
            )

            assert 1 == sum(won)
            assert 1 == (await subject.statistics.users()).admins


async def _admins(storage: Storage, count: int) -> list[User]:
    """Let there be so many, as a transfer does, even if some were there and left."""
    users = [
        a_user(f"admin{number}", id=number, role=Role.ADMIN, created_at=NOW)
        for number in range(1, count + 1)
    ]
    accounts = [an_account(user) for user in users]
    await storage.archive.write(RecordKind.USERS, accounts)
    return users


async def _tried(step: Step, storage: Storage, user: User) -> bool:
    """Try again when told to, as a client does; what was done unanswered is done, too."""
    for tries in range(TRIES):
        try:
            done = await step(storage, user)
            return done or (tries > 0 and await _is_gone(storage, user))
        except LastAdmin:
            return False
        except Unavailable:
            continue
    raise Unavailable


async def _is_gone(storage: Storage, user: User) -> bool:
    now = await storage.users.get(user.id)
    return now is None or now.role is not Role.ADMIN or not now.is_active
