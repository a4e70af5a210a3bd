import asyncio
from dataclasses import replace

import pytest

from core.errors import (
    ExpiredToken,
    InvalidRefreshToken,
    InvalidToken,
    NotAuthenticated,
    SessionEnded,
)
from core.model import EndReason, Grant, TokenKind
from core.model.events import EventKind
from tests.unit.world import LAPTOP, PASSWORD, PHONE, World


async def _is_live(world: World, grant: Grant) -> bool:
    try:
        await world.sessions.identify(grant.access_token)
    except SessionEnded:
        with pytest.raises(InvalidRefreshToken):
            await world.sessions.refresh(grant.refresh_token, PHONE)
        return False
    return True


async def test_an_access_token_tells_user_and_session() -> None:
    world = World()
    grant = await world.newcomer()

    identity = await world.sessions.identify(grant.access_token)

    assert (grant.user, world.session) == (identity.user, identity.session)


async def test_an_access_token_lives_exactly_as_long_as_was_told() -> None:
    world = World()
    grant = await world.newcomer()

    world.wait(seconds=grant.expires_in, milliseconds=-1)
    assert await _is_live(world, grant)
    world.wait(milliseconds=1)

    with pytest.raises(ExpiredToken):
        await world.sessions.identify(grant.access_token)


async def test_a_refresh_token_identifies_nobody() -> None:
    world = World()
    grant = await world.newcomer()

    with pytest.raises(InvalidToken):
        await world.sessions.identify(grant.refresh_token)


async def test_deactivation_counts_at_once() -> None:
    world = World()
    grant = await world.newcomer()

    world.change_user(grant.user, is_active=False)

    with pytest.raises(SessionEnded):
        await world.sessions.identify(grant.access_token)


async def test_a_foreign_session_can_not_be_named_in_a_token() -> None:
    world = World()
    hers = await world.newcomer()
    await world.register("john")
    his = await world.log_in(email="john@example.com")
    claims = await world.token_service.verify(
        his.access_token, TokenKind.ACCESS, now=world.clock.now()
    )
    mixed = await world.token_service.sign(replace(claims, user_id=hers.user.id))

    with pytest.raises(SessionEnded):
        await world.sessions.identify(mixed)


async def test_logging_out_ends_this_session_and_no_other() -> None:
    world = World()
    phone = await world.newcomer()
    laptop = await world.log_in()

    await world.sessions.log_out(phone.access_token, None, LAPTOP)

    assert not await _is_live(world, phone)
    assert await _is_live(world, laptop)
    (event,) = (e for e in world.events if e.kind is EventKind.SESSION_ENDED)
    who = {"actor": str(phone.user.id), "address": "192.0.2.2", "client": "laptop"}
    assert who == event.data


async def test_logging_out_with_ones_own_refresh_token_ends_one_session() -> None:
    world = World()
    grant = await world.newcomer()

    await world.sessions.log_out(grant.access_token, grant.refresh_token, PHONE)

    assert not await _is_live(world, grant)
    assert EndReason.LOGGED_OUT is world.session.end_reason
    assert 1 == world.count(EventKind.SESSION_ENDED)


async def test_logging_out_with_another_sessions_refresh_token_ends_both() -> None:
    world = World()
    phone = await world.newcomer()
    laptop = await world.log_in()

    await world.sessions.log_out(phone.access_token, laptop.refresh_token, PHONE)

    assert not await _is_live(world, phone)
    assert not await _is_live(world, laptop)
    assert 2 == world.count(EventKind.SESSION_ENDED)


async def test_logging_out_with_somebody_elses_refresh_token_ends_only_ones_own() -> (
    None
):
    world = World()
    hers = await world.newcomer()
    await world.register("john")
    his = await world.log_in(email="john@example.com")

    await world.sessions.log_out(hers.access_token, his.refresh_token, PHONE)

    assert not await _is_live(world, hers)
    assert await _is_live(world, his)


@pytest.mark.parametrize("garbage", ["", "x", "a.b.c"])
async def test_logging_out_with_garbage_ends_ones_own_session(garbage: str) -> None:
    world = World()
    grant = await world.newcomer()

    await world.sessions.log_out(grant.access_token, garbage, PHONE)

    assert not await _is_live(world, grant)


@pytest.mark.parametrize("access_token", [None, "", "x", "expired", "ended"])
async def test_a_refresh_token_suffices_to_log_out(access_token: str | None) -> None:
    world = World()
    grant, other = await world.newcomer(), await world.log_in()
    world.wait(seconds=grant.expires_in)
    if access_token == "expired":
        access_token = grant.access_token
    if access_token == "ended":
        access_token = (
            await world.sessions.refresh(other.refresh_token, PHONE)
        ).access_token
        await world.sessions.log_out(access_token, None, PHONE)

    await world.sessions.log_out(access_token, grant.refresh_token, PHONE)

    with pytest.raises(InvalidRefreshToken):
        await world.refresh(grant.refresh_token)


async def test_a_spent_refresh_token_suffices_to_log_out() -> None:
    world = World()
    first = (await world.newcomer()).refresh_token
    third = await world.refresh(await world.refresh(first))

    await world.sessions.log_out(None, first, PHONE)

    with pytest.raises(InvalidRefreshToken):
        await world.refresh(third)
    assert EndReason.LOGGED_OUT is world.session.end_reason


async def test_without_any_good_token_nothing_ends() -> None:
    world = World()
    grant = await world.newcomer()
    expired = grant.access_token
    world.wait(seconds=grant.expires_in)

    refused = [
        (NotAuthenticated, None, None),
        (NotAuthenticated, None, "x"),
        (NotAuthenticated, None, expired),
        (InvalidToken, "x", "x"),
        (ExpiredToken, expired, None),
        (ExpiredToken, expired, "x"),
    ]
    for error, access_token, refresh_token in refused:
        with pytest.raises(error):
            await world.sessions.log_out(access_token, refresh_token, PHONE)

    assert await world.refresh(grant.refresh_token)


async def test_logging_out_at_the_same_moment_is_told_once() -> None:
    world = World()
    grant = await world.newcomer()
    both = grant.access_token, grant.refresh_token

    answers = await asyncio.gather(
        *(world.sessions.log_out(*both, PHONE) for _ in range(50)),
        return_exceptions=True,
    )

    assert {type(None), SessionEnded} >= set(map(type, answers))
    assert None in answers
    assert 1 == world.count(EventKind.SESSION_ENDED)


async def test_logging_out_everywhere_ends_all_of_ones_own_sessions() -> None:
    world = World()
    grants = [await world.newcomer(), await world.log_in(), await world.log_in()]
    await world.register("john")
    his = await world.log_in(email="john@example.com")
    identity = await world.sessions.identify(grants[0].access_token)

    ended = await world.sessions.log_out_everywhere(identity, PHONE)

    assert 3 == ended
    assert [False] * 3 == [await _is_live(world, grant) for grant in grants]
    assert await _is_live(world, his)
    assert 1 == world.count(EventKind.SESSIONS_ENDED)
    assert await world.log_in(PASSWORD)
