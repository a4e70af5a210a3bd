import asyncio

import pytest

from core.errors import (
    InvalidCredentials,
    InvalidMailToken,
    PasswordRejected,
    SessionEnded,
    WrongCurrentPassword,
)
from core.events import EventKind
from core.model import EndReason, Purpose, User
from core.sessions import Grant
from tests.unit.hashers import InterruptedHasher
from tests.unit.world import EMAIL, HASHER, NEW_PASSWORD, PASSWORD, PHONE, World


async def _asked_for_a_reset(world: World) -> str:
    await world.accounts.request_password_reset(EMAIL)
    return world.mailed_token(Purpose.RESET_PASSWORD)


async def _change(world: World, grant: Grant, current: str, new: str) -> None:
    await world.accounts.change_password(
        await world.sessions.identify(grant.access_token),
        current_password=current,
        new_password=new,
        client=PHONE,
    )


async def test_a_reset_replaces_the_password_and_ends_all_sessions() -> None:
    world = World()
    grants = [await world.newcomer(), await world.log_in()]
    mailed = await _asked_for_a_reset(world)

    await world.accounts.reset_password(mailed, NEW_PASSWORD, PHONE)

    for grant in grants:
        with pytest.raises(SessionEnded):
            await world.sessions.identify(grant.access_token)
    with pytest.raises(InvalidCredentials):
        await world.log_in(PASSWORD)
    assert await world.log_in(NEW_PASSWORD)
    assert 1 == world.count(EventKind.PASSWORD_RESET)


async def test_a_reset_token_is_spent_once() -> None:
    world = World()
    await world.register()
    mailed = await _asked_for_a_reset(world)

    answers = await asyncio.gather(
        *(
            world.accounts.reset_password(mailed, f"{PASSWORD}{n}", PHONE)
            for n in range(50)
        ),
        return_exceptions=True,
    )

    assert 1 == sum(isinstance(answer, User) for answer in answers)
    assert 49 == sum(isinstance(answer, InvalidMailToken) for answer in answers)
    assert 1 == world.count(EventKind.PASSWORD_RESET)


async def test_a_reset_token_lives_an_hour() -> None:
    world = World()
    await world.register()
    mailed = await _asked_for_a_reset(world)

    world.wait(hours=1)

    with pytest.raises(InvalidMailToken):
        await world.accounts.reset_password(mailed, NEW_PASSWORD, PHONE)


async def test_a_reset_with_a_bad_password_spends_nothing() -> None:
    world = World()
    await world.register()
    mailed = await _asked_for_a_reset(world)

    with pytest.raises(PasswordRejected):
        await world.accounts.reset_password(mailed, "short", PHONE)

    assert await world.accounts.reset_password(mailed, NEW_PASSWORD, PHONE)


async def test_a_change_ends_every_other_session_and_keeps_this_one() -> None:
    world = World()
    this, other = await world.newcomer(), await world.log_in()

    await _change(world, this, PASSWORD, NEW_PASSWORD)

    assert await world.sessions.identify(this.access_token)
    assert await world.sessions.refresh(this.refresh_token)
    with pytest.raises(SessionEnded):
        await world.sessions.identify(other.access_token)
    stored = world.storage.sessions.tables.sessions.values()
    reasons = [session.end_reason for session in stored]
    assert [None, EndReason.PASSWORD_CHANGED] == reasons
    assert await world.log_in(NEW_PASSWORD)
    assert 1 == world.count(EventKind.PASSWORD_CHANGED)


async def test_a_change_voids_reset_mails() -> None:
    world = World()
    grant = await world.newcomer()
    mailed = await _asked_for_a_reset(world)

    await _change(world, grant, PASSWORD, NEW_PASSWORD)

    with pytest.raises(InvalidMailToken):
        await world.accounts.reset_password(mailed, PASSWORD, PHONE)


@pytest.mark.parametrize("current", ["", "WrongPass123!", NEW_PASSWORD, PASSWORD + " "])
async def test_a_change_asks_for_the_current_password(current: str) -> None:
    world = World()
    grant = await world.newcomer()

    with pytest.raises(WrongCurrentPassword):
        await _change(world, grant, current, NEW_PASSWORD)

    assert await world.log_in(PASSWORD)
    assert 0 == world.count(EventKind.PASSWORD_CHANGED)


async def test_a_change_to_a_bad_password_is_refused() -> None:
    world = World()
    grant = await world.newcomer()

    with pytest.raises(PasswordRejected):
        await _change(world, grant, PASSWORD, "short")

    assert await world.log_in(PASSWORD)


async def test_of_any_number_of_changes_at_once_one_succeeds() -> None:
    world = World(backoff=None)
    grant = await world.newcomer()

    answers = await asyncio.gather(
        *(_change(world, grant, PASSWORD, f"{PASSWORD}{n}") for n in range(50)),
        return_exceptions=True,
    )

    assert 1 == sum(answer is None for answer in answers)
    assert 49 == sum(isinstance(answer, WrongCurrentPassword) for answer in answers)


async def test_a_change_that_races_a_reset_changes_nothing() -> None:
    hasher = InterruptedHasher()
    world = World(hasher)
    grant = await world.newcomer()
    mailed = await _asked_for_a_reset(world)
    hasher.after_verify = lambda: world.accounts.reset_password(
        mailed, NEW_PASSWORD, PHONE
    )

    with pytest.raises(WrongCurrentPassword):
        await _change(world, grant, PASSWORD, "ThirdPass789#")

    assert await world.log_in(NEW_PASSWORD)
    assert 0 == world.count(EventKind.PASSWORD_CHANGED)
    await hasher.aclose()


async def test_a_change_that_races_a_new_hash_of_the_same_password_succeeds() -> None:
    hasher = InterruptedHasher()
    world = World(hasher)
    grant = await world.newcomer()
    user = grant.user

    async def hash_anew() -> None:
        fresh = await HASHER.hash(PASSWORD)
        await world.storage.users.replace_hash(
            user.id, old_hash=user.password_hash, new_hash=fresh
        )

    hasher.after_verify = hash_anew

    await _change(world, grant, PASSWORD, NEW_PASSWORD)

    assert await world.log_in(NEW_PASSWORD)
    await hasher.aclose()
