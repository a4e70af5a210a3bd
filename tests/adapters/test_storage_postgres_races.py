"""All kinds of callers at once, on a few users: nobody blocks another for good."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeAlias

from core.errors import Unavailable
from core.model import (
    EndReason,
    Purpose,
    Role,
    User,
    UserFilter,
    UserId,
    UserOrder,
)
from core.model.events import Event, EventKind
from core.ports import Storage
from tests.adapters.postgres_world import console, opened
from tests.contract.storage_records import (
    NOW,
    a_session,
    a_token,
    add,
    an_event,
    change,
    change_password,
    history,
    issue,
)
from tests.servers.postgres import PostgresServer, with_option

Step: TypeAlias = Callable[[Storage, User], Awaitable[object]]

ROUNDS = 2
TRIES = 20
PATIENCE = 60
"""Seconds, many more than it takes, within which all are through."""

TELL = """
INSERT INTO events (id, kind, at, user_id, address, label, data)
VALUES ('a', 'user.changed', now(), %(user_id)s, '192.0.2.1', 'Firefox', '{"old": "x"}')
"""


async def test_callers_of_all_kinds_on_the_same_users_never_wait_for_each_other(
    own_postgres: PostgresServer, own_postgres_url: str
) -> None:
    # A deadlock is found before a statement that waits is given up.
    url = with_option(own_postgres_url, "deadlock_timeout", "10ms")
    before = len(own_postgres.log)
    async with opened(url) as storage:
        await add(storage, role=Role.ADMIN)  # who is the last is another test's
        users = [await add(storage, f"user{number}") for number in range(4)]
        lives = [
            _live(storage, user, [*STEPS[begin:], *STEPS[:begin]] * ROUNDS)
            for begin in range(len(STEPS))
            for user in users
        ]
        ends = [_live(storage, user, [*STEPS, _remove]) for user in users[::2]]
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*lives, *ends)

        there = [user.id for user in users if await storage.users.get(user.id)]
        named = {it.user_id for it in await history(storage) if it.address is not None}

    assert "deadlock detected" not in own_postgres.log[before:]
    assert [user.id for user in users[1::2]] == there
    assert set(there) == named


async def test_what_is_being_told_of_who_is_removed_does_not_name_them_either(
    own_postgres_url: str,
) -> None:
    async with opened(own_postgres_url) as storage:
        user = await add(storage)
        with console(own_postgres_url) as other:
            other.execute("BEGIN")
            other.execute(TELL, {"user_id": user.id})
            removing = asyncio.create_task(
                storage.users.remove(user.id, stamp=None, events=[])
            )
            await asyncio.sleep(0.2)
            waits = not removing.done()
            other.execute("COMMIT")

        assert waits
        assert await removing
        (told,) = await history(storage)
        assert (None, None, {}) == (told.address, told.label, told.data)


async def test_who_verifies_locks_and_changes_the_same_version_of_the_user(
    own_postgres: PostgresServer, own_postgres_url: str
) -> None:
    before = len(own_postgres.log)
    async with opened(own_postgres_url) as storage:
        user = await add(storage)
        token = await issue(storage, user)
        with console(own_postgres_url) as referring, console(own_postgres_url) as other:
            referring.execute("BEGIN")
            referring.execute("SELECT FROM users FOR KEY SHARE")
            other.execute("BEGIN")
            other.execute("UPDATE users SET full_name = 'Ada'")
            verifying = asyncio.create_task(
                storage.users.verify_email(token, at=NOW, events=[])
            )
            await asyncio.sleep(0.1)
            changing = asyncio.create_task(change(storage, user, full_name="Zoe"))
            await asyncio.sleep(0.1)
            other.execute("COMMIT")
            await asyncio.sleep(0.1)
            referring.execute("COMMIT")

        verified, _ = await asyncio.gather(verifying, changing)

    assert verified
    assert "deadlock detected" not in own_postgres.log[before:]


async def _live(storage: Storage, user: User, steps: Sequence[Step]) -> None:
    """Take steps, each as the user is by then; where too many wait, each is told in time."""
    for step in steps:
        with suppress(Unavailable):
            if now := await storage.users.get(user.id):
                await step(storage, now)


async def _log_in(storage: Storage, user: User) -> None:
    await storage.sessions.open(
        a_session(user), stamp=user.stamp, devices=["x"], events=[_told(user.id)]
    )


async def _refresh(storage: Storage, user: User) -> None:
    session = a_session(user)
    await storage.sessions.open(session, stamp=user.stamp, devices=[], events=[])
    advanced = replace(session, generation=1, rotations=(NOW,))
    await storage.sessions.advance(advanced, events=[_told(user.id)])


async def _change_password(storage: Storage, user: User) -> None:
    session = a_session(user)
    await storage.sessions.open(session, stamp=user.stamp, devices=[], events=[])
    await change_password(storage, user, session, events=[_told(user.id)])


async def _reset(storage: Storage, user: User) -> None:
    token = await issue(storage, user, Purpose.RESET_PASSWORD)
    await storage.users.reset_password(
        token,
        purpose=Purpose.RESET_PASSWORD,
        new_hash="reset",
        at=NOW,
        events=[_told(user.id)],
    )


async def _verify(storage: Storage, user: User) -> None:
    token = await issue(storage, user)
    await storage.users.verify_email(token, at=NOW, events=[_told(user.id)])


async def _rename(storage: Storage, user: User) -> None:
    await change(
        storage,
        user,
        full_name="Ada",
        issues=a_token(user.id, Purpose.CHANGE_EMAIL),
        voids=frozenset(Purpose),
        events=[_told(user.id)],
    )


async def _take_role(storage: Storage, user: User) -> None:
    role = Role.USER if user.role is Role.ADMIN else Role.ADMIN
    why = EndReason.USER_INACTIVE
    await change(storage, user, role=role, ends_sessions=why, events=[_told(user.id)])


async def _end_sessions(storage: Storage, user: User) -> None:
    await storage.sessions.end_all(
        user.id, at=NOW, reason=EndReason.LOGGED_OUT, events=[_told(user.id)]
    )


async def _find(storage: Storage, user: User) -> None:
    wanted = UserFilter(text=user.username)
    await storage.users.find(wanted, UserOrder(), after=None, limit=9, count_to=9)
    await storage.events.read(after=None, limit=9)


async def _purge(storage: Storage, user: User) -> None:
    await storage.purge(at=user.created_at, keep_events_since=NOW, limit=9)


async def _remove(storage: Storage, user: User) -> None:
    """Try again when told to: this one has to succeed."""
    for _ in range(TRIES):
        with suppress(Unavailable):
            await storage.users.remove(user.id, stamp=None, events=[])
            return


def _told(user_id: UserId) -> Event:
    return an_event(EventKind.USER_CHANGED, user_id, actor=str(user_id), address="a")


STEPS = [
    _log_in,
    _refresh,
    _change_password,
    _reset,
    _verify,
    _rename,
    _take_role,
    _end_sessions,
    _find,
    _purge,
]
