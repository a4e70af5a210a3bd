import asyncio
from dataclasses import replace

import pytest

from core.errors import (
    InvalidRefreshToken,
    SessionEnded,
)
from core.model import EndReason, TokenKind
from core.model.events import EventKind
from tests.unit.world import LAPTOP, PHONE, World, origin


async def test_an_access_token_tells_the_session_as_it_is_stored() -> None:
    world = World()
    grant = await world.newcomer()

    identity = await world.sessions.identify(grant.access_token)

    assert (grant.user.id, world.session) == (identity.user.id, identity.session)


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


async def test_a_log_out_tells_who_did_it_and_from_where() -> None:
    world = World()
    phone = await world.newcomer()

    await world.sessions.log_out(phone.access_token, None, LAPTOP)

    (event,) = (e for e in world.events if e.kind is EventKind.SESSION_ENDED)
    assert (str(phone.user.id), "192.0.2.2", "laptop") == origin(event)


async def test_each_session_that_was_logged_out_of_is_told_once() -> None:
    world = World()
    this = await world.newcomer()
    phone, laptop = await world.log_in(), await world.log_in()

    await world.sessions.log_out(this.access_token, this.refresh_token, PHONE)
    assert 1 == world.count(EventKind.SESSION_ENDED)
    await world.sessions.log_out(phone.access_token, laptop.refresh_token, PHONE)
    assert 3 == world.count(EventKind.SESSION_ENDED)

    stored = world.storage.sessions.tables.sessions.values()
    assert [EndReason.LOGGED_OUT] * 3 == [session.end_reason for session in stored]


async def test_logging_out_everywhere_is_told_once() -> None:
    world = World()
    grants = [await world.newcomer(), await world.log_in()]
    identity = await world.sessions.identify(grants[0].access_token)

    await world.sessions.log_out_everywhere(identity, PHONE)

    assert 1 == world.count(EventKind.SESSIONS_ENDED)
    assert 0 == world.count(EventKind.SESSION_ENDED)


async def test_a_spent_refresh_token_suffices_to_log_out() -> None:
    world = World()
    first = (await world.newcomer()).refresh_token
    third = await world.refresh(await world.refresh(first))

    await world.sessions.log_out(None, first, PHONE)

    with pytest.raises(InvalidRefreshToken):
        await world.refresh(third)
    assert EndReason.LOGGED_OUT is world.session.end_reason


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
