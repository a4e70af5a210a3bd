"""What a user proves to be themselves with: who has no password, and who gets to see one."""

from dataclasses import astuple

import pytest

from core.errors import (
    InvalidCredentials,
    SessionEnded,
    TooManyAttempts,
    WrongCurrentPassword,
)
from core.model import Grant, Identity, Purpose, Role, User
from core.model.events import EventKind
from tests.unit.hashers import InterruptedHasher, RecordingHasher
from tests.unit.world import EMAIL, KEY, NEW_PASSWORD, PASSWORD, PHONE, World


async def _invited(world: World) -> User:
    """Return a user who has no password."""
    user = await world.register()
    world.set_hash(user, None)
    return user


async def _change(world: World, grant: Grant, current: str) -> Grant:
    identity = await world.sessions.identify(grant.access_token)
    return await _change_as(world, identity, current)


async def _change_as(world: World, identity: Identity, current: str) -> Grant:
    return await world.password_changes.change(
        identity,
        current_password=current,
        new_password=NEW_PASSWORD,
        client=PHONE,
    )


async def test_no_door_is_handed_a_hash() -> None:
    world = World()
    grant = await world.newcomer()
    user = await world.register("other")

    identity = await world.sessions.identify(grant.access_token)

    for handed_out in (user, grant.user, identity):
        assert not any("$2b$" in str(value) for value in astuple(handed_out))


@pytest.mark.parametrize("password", [PASSWORD, "", "None"])
async def test_who_has_no_password_is_refused_as_for_a_wrong_one(password: str) -> None:
    hasher = RecordingHasher()
    world = World(hasher)
    await _invited(world)

    with pytest.raises(InvalidCredentials):
        await world.log_in(password)

    assert [None] == hasher.checked
    assert not world.storage.sessions.tables.sessions
    await hasher.aclose()


async def test_guesses_of_a_password_that_there_is_not_are_counted() -> None:
    world = World()
    await _invited(world)

    for _ in range(6):
        with pytest.raises(InvalidCredentials):
            await world.log_in()

    with pytest.raises(TooManyAttempts):
        await world.log_in()


@pytest.mark.parametrize("current", [PASSWORD, "", "None"])
async def test_who_has_no_password_can_change_none(current: str) -> None:
    hasher = RecordingHasher()
    world = World(hasher)
    grant = await world.newcomer()
    world.set_hash(grant.user, None)
    hasher.checked.clear()

    with pytest.raises(WrongCurrentPassword):
        await _change(world, grant, current)

    assert [None] == hasher.checked
    assert world.hash_of(grant.user) is None
    assert 0 == world.count(EventKind.PASSWORD_CHANGED)
    await hasher.aclose()


async def test_who_was_removed_since_the_look_changes_no_password() -> None:
    world = World()
    grant = await world.newcomer()
    identity = await world.sessions.identify(grant.access_token)
    await world.verifications.reject(world.mailed_token(Purpose.VERIFY_EMAIL), PHONE)

    with pytest.raises(SessionEnded):
        await _change_as(world, identity, PASSWORD)


async def test_a_password_that_was_reset_since_the_look_is_not_guessed_at() -> None:
    hasher = RecordingHasher()
    world = World(hasher)
    grant = await world.newcomer()
    identity = await world.sessions.identify(grant.access_token)
    await world.password_resets.request(EMAIL, PHONE)
    mailed = world.mailed_token(Purpose.RESET_PASSWORD)
    await world.password_resets.reset(mailed, NEW_PASSWORD, PHONE)
    hasher.checked.clear()

    with pytest.raises(SessionEnded):
        await _change_as(world, identity, NEW_PASSWORD)

    assert [] == hasher.checked
    await hasher.aclose()


async def test_a_reset_sets_the_first_password() -> None:
    world = World()
    await _invited(world)
    await world.password_resets.request(EMAIL, PHONE)
    mailed = world.mailed_token(Purpose.RESET_PASSWORD)

    user = await world.password_resets.reset(mailed, PASSWORD, PHONE)

    assert user.is_verified
    assert user == (await world.log_in()).user


async def test_a_log_in_that_races_a_change_of_role_gets_the_role_of_now() -> None:
    hasher = InterruptedHasher()
    world = World(hasher)
    user = await world.register()

    async def promote() -> None:
        world.change_user(user, role=Role.ADMIN, stamp=user.stamp + 1)

    hasher.after_verify = promote

    grant = await world.log_in()

    claims = await world.tokens.verify(grant.access_token, {KEY.kid: KEY})
    assert Role.ADMIN is claims.role
    assert 1 == world.count(EventKind.SESSION_OPENED)
    await hasher.aclose()


async def test_a_change_that_races_a_change_of_role_renews_with_the_role_of_now() -> (
    None
):
    hasher = InterruptedHasher()
    world = World(hasher)
    grant = await world.newcomer()

    async def promote() -> None:
        world.change_user(grant.user, role=Role.ADMIN, stamp=grant.user.stamp + 1)

    hasher.after_verify = promote

    renewed = await _change(world, grant, PASSWORD)

    claims = await world.tokens.verify(renewed.access_token, {KEY.kid: KEY})
    assert Role.ADMIN is claims.role
    await hasher.aclose()
