from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from core.errors import InvalidRefreshToken
from core.keys.token_service import hmac_key
from core.model import Claims, Role, TokenKind
from core.model.events import EventKind
from tests.unit.world import KEY, PHONE, World


def _claims(world: World) -> Claims:
    """Return what the current refresh token says."""
    session = world.session
    return Claims(
        kind=TokenKind.REFRESH,
        token_id=f"{session.id}.{session.generation:06}",
        user_id=session.user_id,
        session_id=session.id,
        issued_at=session.created_at,
        expires_at=session.expires_at,
        generation=session.generation,
    )


CHANGES: dict[str, Callable[[Claims], Claims]] = {
    "another user": lambda c: replace(c, user_id=c.user_id + 1),
    "an unknown session": lambda c: replace(c, session_id="0" * 32),
    "expired": lambda c: replace(c, expires_at=c.issued_at),
    "issued in the future": lambda c: replace(
        c, issued_at=c.issued_at + timedelta(minutes=1)
    ),
    "an access token": lambda c: replace(
        c, kind=TokenKind.ACCESS, role=Role.USER, generation=None
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_a_token_of_ours_that_says_something_else_is_refused_and_ends_nothing(
    change: Callable[[Claims], Claims],
) -> None:
    world = World()
    grant = await world.newcomer()
    token = await world.token_service.sign(change(_claims(world)))

    with pytest.raises(InvalidRefreshToken):
        await world.sessions.refresh(token, PHONE)

    await _is_unharmed(world, grant.refresh_token)


async def test_what_others_signed_ends_nothing() -> None:
    world = World()
    grant = await world.newcomer()
    foreign = hmac_key("f" * 32, "HS256")
    forged = (
        await world.tokens.sign(_claims(world), foreign),
        await world.tokens.sign(_claims(world), replace(foreign, kid=KEY.kid)),
    )

    for token in forged:
        with pytest.raises(InvalidRefreshToken):
            await world.sessions.refresh(token, PHONE)

    await _is_unharmed(world, grant.refresh_token)


async def test_a_generation_from_the_future_ends_nothing() -> None:
    """A storage restored from a backup meets such tokens."""
    world = World()
    await world.newcomer()
    current = await world.token_service.sign(_claims(world))
    token = await world.token_service.sign(replace(_claims(world), generation=7))

    answer = await world.refresh(token)

    assert current == answer
    await _is_unharmed(world, current)


async def test_a_spent_token_that_has_expired_ends_nothing() -> None:
    world = World()
    first = (await world.newcomer()).refresh_token
    world.wait(days=6)
    third = await world.refresh(await world.refresh(first))
    world.wait(days=1)

    with pytest.raises(InvalidRefreshToken):
        await world.sessions.refresh(first, PHONE)

    await _is_unharmed(world, third)


async def _is_unharmed(world: World, token: str) -> None:
    assert world.session.ended_at is None
    assert 0 == world.count(EventKind.REUSE_DETECTED)
    assert await world.refresh(token)


async def test_a_session_lives_its_idle_life_after_its_latest_rotation() -> None:
    world = World()
    first = (await world.newcomer()).refresh_token

    world.wait(days=7, milliseconds=-1)
    second = await world.refresh(first)
    world.wait(days=7, milliseconds=-1)
    third = await world.refresh(second)
    world.wait(days=7)

    with pytest.raises(InvalidRefreshToken):
        await world.refresh(third)
    assert world.session.ended_at is None


async def test_a_session_ends_when_its_absolute_life_is_over_however_busy() -> None:
    world = World()
    token = (await world.newcomer()).refresh_token

    for _ in range(29):
        world.wait(days=1)
        token = await world.refresh(token)
    world.wait(days=1, milliseconds=-1)
    token = await world.refresh(token)
    world.wait(milliseconds=1)

    with pytest.raises(InvalidRefreshToken):
        await world.refresh(token)


async def test_no_token_outlives_its_session() -> None:
    world = World(session_life=timedelta(minutes=50))
    first = await world.newcomer()
    world.wait(minutes=40)

    second = await world.sessions.refresh(first.refresh_token, PHONE)

    assert (1800, 600) == (first.expires_in, second.expires_in)
    keys = {KEY.kid: KEY}
    for token in (second.access_token, second.refresh_token):
        claims = await world.tokens.verify(token, keys)
        assert world.session.expires_at == claims.expires_at


async def test_a_new_role_stands_in_the_next_access_token() -> None:
    world = World()
    user = await world.register()
    token = (await world.log_in()).refresh_token
    world.change_user(user, role=Role.ADMIN)

    grant = await world.sessions.refresh(token, PHONE)

    claims = await world.token_service.verify(
        grant.access_token, TokenKind.ACCESS, now=world.clock.now()
    )
    assert Role.ADMIN is claims.role
