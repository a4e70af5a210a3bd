import asyncio

import pytest

from core.errors import (
    InvalidCredentials,
    InvalidMailToken,
    InvalidRefreshToken,
    PasswordRejected,
    SessionEnded,
    WrongCurrentPassword,
)
from core.model import EndReason, Grant, Purpose, User
from core.model.events import EventKind
from tests.unit.hashers import InterruptedHasher
from tests.unit.world import (
    EMAIL,
    HASHER,
    LAPTOP,
    NEW_PASSWORD,
    PASSWORD,
    PHONE,
    World,
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


async def test_a_reset_replaces_the_password_and_ends_all_sessions() -> None:
    world = World()
    grants = [await world.newcomer(), await world.log_in()]
    mailed = await _asked_for_a_reset(world)

    await world.password_resets.reset(mailed, NEW_PASSWORD, PHONE)

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
            world.password_resets.reset(mailed, f"{PASSWORD}{n}", PHONE)
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
        await world.password_resets.reset(mailed, NEW_PASSWORD, PHONE)


async def test_a_reset_with_a_bad_password_spends_nothing() -> None:
    world = World()
    await world.register()
    mailed = await _asked_for_a_reset(world)

    with pytest.raises(PasswordRejected):
        await world.password_resets.reset(mailed, "short", PHONE)

    assert await world.password_resets.reset(mailed, NEW_PASSWORD, PHONE)


async def test_a_reset_proves_the_address_as_well() -> None:
    world = World(require_verified_email=True)
    await world.register()
    mailed = await _asked_for_a_reset(world)

    user = await world.password_resets.reset(mailed, NEW_PASSWORD, PHONE)

    assert user.is_verified
    assert await world.log_in(NEW_PASSWORD)


async def test_a_change_renews_this_session_and_ends_every_other() -> None:
    world = World()
    this, other = await world.newcomer(), await world.log_in()
    copy = (await world.sessions.refresh(this.refresh_token, PHONE)).refresh_token

    renewed = await _change(world, this, PASSWORD, NEW_PASSWORD)

    for grant in (this, other):
        with pytest.raises(SessionEnded):
            await world.sessions.identify(grant.access_token)
    for token in (this.refresh_token, copy, other.refresh_token):
        with pytest.raises(InvalidRefreshToken):
            await world.refresh(token)
    identity = await world.sessions.identify(renewed.access_token)
    assert (this.user.id, LAPTOP) == (identity.user.id, identity.session.client)
    assert await world.refresh(renewed.refresh_token)
    ended = EndReason.PASSWORD_CHANGED
    stored = world.storage.sessions.tables.sessions.values()
    assert [ended, ended, None] == [session.end_reason for session in stored]
    assert await world.log_in(NEW_PASSWORD)


async def test_a_change_tells_which_session_followed_which() -> None:
    world = World()
    this = await world.newcomer()
    old = world.session.id

    renewed = await _change(world, this, PASSWORD, NEW_PASSWORD)

    changed, opened = world.events[-2:]
    new = (await world.sessions.identify(renewed.access_token)).session.id
    assert (EventKind.PASSWORD_CHANGED, old) == (changed.kind, changed.session_id)
    assert (EventKind.SESSION_OPENED, new) == (opened.kind, opened.session_id)
    who = {"actor": str(this.user.id), "address": "192.0.2.2", "client": "laptop"}
    assert who == changed.data == opened.data


async def test_a_mailed_reset_stays_good_through_a_change() -> None:
    world = World()
    grant = await world.newcomer()
    mailed = await _asked_for_a_reset(world)

    await _change(world, grant, PASSWORD, NEW_PASSWORD)

    assert await world.password_resets.reset(mailed, PASSWORD, PHONE)
    assert await world.log_in(PASSWORD)
    with pytest.raises(InvalidMailToken):
        await world.password_resets.reset(mailed, NEW_PASSWORD, PHONE)


async def test_who_knows_the_password_locks_nobody_out_who_has_the_mailbox() -> None:
    world = World(backoff=None)
    grant = await world.newcomer()
    for _ in range(5):
        mailed = await _asked_for_a_reset(world)

    password = PASSWORD
    for number in range(3):
        grant = await _change(world, grant, password, f"{PASSWORD}{number}")
        password = f"{PASSWORD}{number}"

    assert await world.password_resets.reset(mailed, NEW_PASSWORD, PHONE)
    with pytest.raises(SessionEnded):
        await world.sessions.identify(grant.access_token)


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

    (renewed,) = (answer for answer in answers if isinstance(answer, Grant))
    refused = {WrongCurrentPassword, SessionEnded}
    assert refused >= {type(answer) for answer in answers if answer is not renewed}
    assert await world.sessions.identify(renewed.access_token)
    live = world.storage.sessions.tables.unended(renewed.user.id)
    assert 1 == len(live)


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
        await world.storage.users.replace_hash(
            user.id, old_hash=user.password_hash, new_hash=fresh
        )

    hasher.after_verify = hash_anew

    await _change(world, grant, PASSWORD, NEW_PASSWORD)

    assert await world.log_in(NEW_PASSWORD)
    await hasher.aclose()
