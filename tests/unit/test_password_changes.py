import pytest

from core.errors import (
    SessionEnded,
)
from core.model import EndReason, Grant, Purpose
from core.model.events import EventKind
from tests.contract.storage_records import hash_of
from tests.unit.hashers import InterruptedHasher
from tests.unit.world import (
    EMAIL,
    HASHER,
    LAPTOP,
    NEW_PASSWORD,
    PASSWORD,
    PHONE,
    World,
    origin,
)


async def _asked_for_a_reset(world: World) -> str:
    await world.password_resets.request(EMAIL, PHONE)
    return world.mailed_token(Purpose.RESET_PASSWORD)


async def _change(world: World, grant: Grant, current: str, new: str) -> Grant:
    return await world.password_changes.change(
        await world.sessions.identify(grant.access_token),
        current_password=current,
        new_password=new,
        client=LAPTOP,
    )


async def test_a_change_tells_which_session_followed_which() -> None:
    world = World()
    this = await world.newcomer()
    old = world.session.id
    await world.log_in()

    renewed = await _change(world, this, PASSWORD, NEW_PASSWORD)

    changed, opened = world.events[-2:]
    new = (await world.sessions.identify(renewed.access_token)).session.id
    assert (EventKind.PASSWORD_CHANGED, old) == (changed.kind, changed.session_id)
    assert (EventKind.SESSION_OPENED, new) == (opened.kind, opened.session_id)
    who = str(this.user.id), "192.0.2.2", "laptop"
    assert who == origin(changed) == origin(opened)
    ended = EndReason.PASSWORD_CHANGED
    stored = world.storage.sessions.tables.sessions.values()
    assert [ended, ended, None] == [session.end_reason for session in stored]


async def test_a_change_that_races_the_end_of_its_session_changes_nothing() -> None:
    hasher = InterruptedHasher()
    world = World(hasher)
    grant = await world.newcomer()
    identity = await world.sessions.identify(grant.access_token)
    hasher.after_verify = lambda: world.sessions.log_out_everywhere(identity, PHONE)

    with pytest.raises(SessionEnded):
        await _change(world, grant, PASSWORD, NEW_PASSWORD)

    assert await world.log_in(PASSWORD)
    assert 0 == world.count(EventKind.PASSWORD_CHANGED)
    await hasher.aclose()


async def test_a_change_that_races_a_deactivation_opens_nothing() -> None:
    hasher = InterruptedHasher()
    world = World(hasher)
    grant = await world.newcomer()

    async def deactivate() -> None:
        world.change_user(grant.user, is_active=False)

    hasher.after_verify = deactivate

    with pytest.raises(SessionEnded):
        await _change(world, grant, PASSWORD, NEW_PASSWORD)

    assert 1 == len(world.storage.sessions.tables.sessions)
    assert 0 == world.count(EventKind.PASSWORD_CHANGED)
    await hasher.aclose()


async def test_a_change_that_races_a_reset_changes_nothing() -> None:
    hasher = InterruptedHasher()
    world = World(hasher)
    grant = await world.newcomer()
    mailed = await _asked_for_a_reset(world)
    hasher.after_verify = lambda: world.password_resets.reset(
        mailed, NEW_PASSWORD, PHONE
    )

    with pytest.raises(SessionEnded):
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
        old = await hash_of(world.storage, user)
        assert old
        await world.storage.users.replace_hash(
            user.id, stamp=user.stamp, old_hash=old, new_hash=fresh
        )

    hasher.after_verify = hash_anew

    await _change(world, grant, PASSWORD, NEW_PASSWORD)

    assert await world.log_in(NEW_PASSWORD)
    await hasher.aclose()
