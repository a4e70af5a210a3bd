import asyncio
from collections.abc import Awaitable, Callable

import pytest

from core.errors import AccountInactive, AuthError, SessionEnded
from core.model import EndReason, Grant, Purpose, User
from core.model.events import EventKind
from tests.unit.hashers import InterruptedHasher
from tests.unit.world import PASSWORD, PHONE, World, origin

Look = Callable[[World, Grant], Awaitable[object]]

LOOKS: dict[str, Look] = {
    "identify": lambda world, it: world.sessions.identify(it.access_token),
    "refresh": lambda world, it: world.refresh(it.refresh_token),
    "log in": lambda world, _: world.log_in(),
    "log out": lambda world, it: world.sessions.log_out(it.access_token, None, PHONE),
    "log out by the refresh token": lambda world, it: world.sessions.log_out(
        None, it.refresh_token, PHONE
    ),
}


def _switch(world: World, user: User, *, is_active: bool) -> None:
    current = world.storage.users.tables.users[user.id]
    world.change_user(current, is_active=is_active)


def _reasons(world: World) -> list[EndReason | None]:
    stored = world.storage.sessions.tables.sessions.values()
    return [session.end_reason for session in stored]


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
async def test_the_first_look_that_meets_an_inactive_user_ends_all_sessions(
    look: Look,
) -> None:
    world = World()
    this, other = await world.newcomer(), await world.log_in()
    await world.register("john")
    his = await world.log_in(email="john@example.com")
    _switch(world, this.user, is_active=False)

    with pytest.raises(AuthError):
        await look(world, this)
    _switch(world, this.user, is_active=True)

    for grant in (this, other):
        with pytest.raises(SessionEnded):
            await world.sessions.identify(grant.access_token)
    ended = EndReason.USER_INACTIVE
    assert [ended, ended, None] == _reasons(world)
    assert await world.sessions.identify(his.access_token)
    assert await world.log_in()


async def test_a_mailed_token_meets_the_inactive_user_likewise() -> None:
    world = World()
    grant = await world.newcomer()
    _switch(world, grant.user, is_active=False)

    await world.verifications.verify(world.mailed_token(Purpose.VERIFY_EMAIL), PHONE)
    _switch(world, grant.user, is_active=True)

    with pytest.raises(SessionEnded):
        await world.sessions.identify(grant.access_token)
    assert [EndReason.USER_INACTIVE] == _reasons(world)


async def test_a_token_of_an_ended_session_meets_the_inactive_user_likewise() -> None:
    world = World()
    gone, live = await world.newcomer(), await world.log_in()
    await world.sessions.log_out(gone.access_token, None, PHONE)
    _switch(world, gone.user, is_active=False)

    with pytest.raises(SessionEnded):
        await world.sessions.identify(gone.access_token)
    _switch(world, gone.user, is_active=True)

    with pytest.raises(SessionEnded):
        await world.sessions.identify(live.access_token)
    assert [EndReason.LOGGED_OUT, EndReason.USER_INACTIVE] == _reasons(world)


async def test_what_any_number_of_looks_end_is_told_once_and_by_us() -> None:
    world = World()
    grant = await world.newcomer()
    _switch(world, grant.user, is_active=False)

    await asyncio.gather(
        *(world.sessions.identify(grant.access_token) for _ in range(50)),
        return_exceptions=True,
    )

    (event,) = (it for it in world.events if it.kind is EventKind.SESSIONS_ENDED)
    assert ("service", None, None) == origin(event)
    assert {"reason": "user_inactive"} == event.data
    assert grant.user.id == event.user_id


async def test_a_wrong_password_tells_nobody_that_a_user_is_inactive() -> None:
    world = World()
    grant = await world.newcomer()
    _switch(world, grant.user, is_active=False)

    with pytest.raises(AuthError):
        await world.log_in(PASSWORD + "x")

    assert [None] == _reasons(world)


async def test_a_log_in_that_races_a_deactivation_opens_nothing() -> None:
    hasher = InterruptedHasher()
    world = World(hasher)
    user = await world.register()

    async def deactivate() -> None:
        _switch(world, user, is_active=False)

    hasher.after_verify = deactivate

    with pytest.raises(AccountInactive):
        await world.log_in()

    assert [] == _reasons(world)
    await hasher.aclose()
