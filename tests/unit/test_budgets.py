import asyncio
from collections.abc import Awaitable

import pytest

from core.errors import InvalidMailToken, InvalidRefreshToken, TooManyAttempts
from core.model import Purpose, User
from core.model.events import EventKind
from tests.unit.world import EMAIL, NEW_PASSWORD, PASSWORD, PHONE, World


def ask_for_reset(world: World) -> Awaitable[None]:
    return world.password_resets.request(EMAIL, PHONE)


def ask_for_verification(world: World) -> Awaitable[None]:
    return world.verifications.request(EMAIL, PHONE)


async def test_a_recipient_gets_five_resets_an_hour_and_the_last_stays_good() -> None:
    world = World()
    await world.register()
    for _ in range(5):
        await ask_for_reset(world)
        world.wait(minutes=1)
    last = world.mailed_token(Purpose.RESET_PASSWORD)
    before = len(world.events)

    for _ in range(20):
        await ask_for_reset(world)

    assert before == len(world.events)
    assert last == world.mailed_token(Purpose.RESET_PASSWORD)
    assert isinstance(
        await world.password_resets.reset(last, NEW_PASSWORD, PHONE), User
    )


async def test_a_mail_can_be_had_again_an_hour_after_the_first() -> None:
    world = World()
    await world.register()
    for _ in range(6):
        await ask_for_reset(world)
    old = world.mailed_token(Purpose.RESET_PASSWORD)
    world.wait(hours=1)

    await ask_for_reset(world)

    with pytest.raises(InvalidMailToken):
        await world.password_resets.reset(old, NEW_PASSWORD, PHONE)
    new = world.mailed_token(Purpose.RESET_PASSWORD)
    assert await world.password_resets.reset(new, NEW_PASSWORD, PHONE)


async def test_mails_of_all_kinds_share_the_budget_and_the_last_is_for_a_reset() -> (
    None
):
    world = World()
    await world.register()

    for _ in range(10):
        await ask_for_verification(world)
    for _ in range(10):
        await ask_for_reset(world)

    assert 4 == world.count(EventKind.VERIFICATION_REQUESTED)
    assert 1 == world.count(EventKind.PASSWORD_RESET_REQUESTED)


async def test_resets_can_use_up_all_of_the_budget() -> None:
    world = World()
    await world.register()

    for ask in (ask_for_reset,) * 6 + (ask_for_verification,):
        await ask(world)

    assert 5 == world.count(EventKind.PASSWORD_RESET_REQUESTED)
    assert 0 == world.count(EventKind.VERIFICATION_REQUESTED)


@pytest.mark.parametrize("name", ["jane", "nobody"])
async def test_the_budget_is_an_addresss_however_it_is_typed_and_whoever_has_it(
    name: str,
) -> None:
    world = World()
    await world.register()
    before = len(world.events)

    for _ in range(3):
        for typed in (name, name.upper()):
            await world.verifications.request(f"{typed}@example.com", PHONE)
            await world.password_resets.request(f"{typed}@example.com", PHONE)

    assert before + 5 == len(world.events)


async def test_of_any_number_at_once_five_are_mailed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    await world.register()

    await asyncio.gather(*(ask_for_reset(world) for _ in range(50)))

    assert 5 == world.count(EventKind.PASSWORD_RESET_REQUESTED)
    assert ["Over a limit"] * 45 == caplog.messages
    assert 45 == world.refusals("mails/hour")
    assert EMAIL not in caplog.text


async def test_nobody_can_suppress_a_mail_that_warns() -> None:
    world = World()
    grant = await world.newcomer()
    identity = await world.sessions.identify(grant.access_token)

    for _ in range(10):
        await ask_for_reset(world)
    await world.password_changes.change(
        identity, current_password=PASSWORD, new_password=NEW_PASSWORD, client=PHONE
    )

    assert 1 == world.count(EventKind.PASSWORD_CHANGED)


async def test_a_session_refreshes_120_times_a_minute_and_outlives_the_next() -> None:
    world = World()
    first, other = await world.newcomer(), await world.log_in()
    token = first.refresh_token
    for _ in range(120):
        token = await world.refresh(token)
    before = world.storage.sessions.tables.sessions.copy()

    with pytest.raises(TooManyAttempts) as refusal:
        await world.refresh(token)

    assert 60 == refusal.value.retry_after
    (quota,) = refusal.value.quotas
    assert "refresh/minute" == quota.limit.name
    assert 1 == world.refusals("refresh/minute")
    assert before == world.storage.sessions.tables.sessions
    assert await world.refresh(other.refresh_token)
    world.wait(minutes=1)
    assert await world.refresh(token)


async def test_fifty_racing_refreshes_are_no_flood() -> None:
    world = World()
    grant = await world.newcomer()

    tokens = await asyncio.gather(
        *(world.refresh(grant.refresh_token) for _ in range(50))
    )

    assert 1 == len(set(tokens))


async def test_what_is_no_token_of_a_session_counts_for_none() -> None:
    world = World()
    grant = await world.newcomer()
    forged = grant.refresh_token[:-4] + "AAAA"

    for token in ("x", forged, grant.access_token):
        for _ in range(121):
            with pytest.raises(InvalidRefreshToken):
                await world.refresh(token)

    assert await world.refresh(grant.refresh_token)
