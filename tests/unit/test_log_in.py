import logging
from dataclasses import replace

import pytest

from core.errors import (
    AccountInactive,
    AuthError,
    EmailNotVerified,
    InvalidCredentials,
    Overloaded,
)
from core.model import Purpose, Role, TokenKind, User
from core.model.events import EventKind
from tests.contract.storage_records import hash_of
from tests.unit.hashers import InterruptedHasher, RecordingHasher
from tests.unit.world import EMAIL, HASHER, KEY, NEW_PASSWORD, PASSWORD, PHONE, World

WRONG = "WrongPass123!"


async def test_a_log_in_is_told_with_its_session() -> None:
    world = World()

    await world.newcomer()

    assert 0 == world.session.generation
    opened = world.events[-1]
    assert EventKind.SESSION_OPENED is opened.kind
    assert world.session.id == opened.session_id


async def test_both_tokens_name_the_user_and_the_session() -> None:
    world = World()
    grant = await world.newcomer()
    keys = {KEY.kid: KEY}

    access = await world.tokens.verify(grant.access_token, keys)
    refresh = await world.tokens.verify(grant.refresh_token, keys)

    for claims in (access, refresh):
        assert grant.user.id == claims.user_id
        assert world.session.id == claims.session_id
    assert (TokenKind.ACCESS, Role.USER) == (access.kind, access.role)
    assert (TokenKind.REFRESH, 0) == (refresh.kind, refresh.generation)


@pytest.mark.parametrize(
    ("active", "verified", "demanded", "refusal"),
    [
        (True, False, False, None),
        (True, True, True, None),
        (True, False, True, EmailNotVerified),
        (False, True, False, AccountInactive),
        (False, False, True, AccountInactive),
    ],
)
async def test_who_may_log_in(
    active: bool,  # noqa: FBT001 - a column of the table
    verified: bool,  # noqa: FBT001
    demanded: bool,  # noqa: FBT001
    refusal: type[AuthError] | None,
) -> None:
    world = World(require_verified_email=demanded)
    user = await world.register()
    world.change_user(user, is_active=active, is_verified=verified)

    if refusal is None:
        assert await world.log_in()
    else:
        with pytest.raises(refusal):
            await world.log_in()
        with pytest.raises(InvalidCredentials):
            await world.log_in(password=WRONG)
        assert not world.storage.sessions.tables.sessions


async def test_a_refusal_leaves_no_session_and_no_event() -> None:
    world = World()
    await world.register()
    before = len(world.events)

    for email, password in ((EMAIL, WRONG), ("nobody@example.com", PASSWORD), ("", "")):
        with pytest.raises(InvalidCredentials):
            await world.log_in(email=email, password=password)

    assert before == len(world.events)
    assert not world.storage.sessions.tables.sessions


async def test_an_unknown_address_costs_a_check_too() -> None:
    hasher = RecordingHasher()
    world = World(hasher)
    user = await world.register()

    for email in (EMAIL, "nobody@example.com"):
        with pytest.raises(InvalidCredentials):
            await world.log_in(email=email, password=WRONG)

    assert [world.hash_of(user), None] == hasher.checked
    await hasher.aclose()


async def test_the_log_tells_why_and_the_client_is_not_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    await world.register()
    told = []

    with caplog.at_level(logging.WARNING):
        for email in (EMAIL, "nobody@example.com"):
            with pytest.raises(InvalidCredentials) as refusal:
                await world.log_in(email=email, password=WRONG)
            told.append(str(refusal.value))

    assert ["Invalid credentials"] * 2 == told
    reasons = [(r.getMessage(), r.__dict__["reason"]) for r in caplog.records]
    assert [
        ("Login failed", "wrong password"),
        ("Login failed", "unknown e-mail"),
    ] == reasons


async def test_a_stale_hash_is_made_anew_once() -> None:
    hasher = InterruptedHasher(rounds=5)
    world = World(hasher)
    user = await _with_stale_hash(world)

    await world.log_in()
    fresh = world.hash_of(user)
    await world.log_in()

    assert fresh is not None
    assert fresh.startswith("$2b$05$")
    assert fresh == world.hash_of(user)
    after = await world.storage.users.get(user.id)
    assert after
    assert user == replace(after, last_login_at=None)
    await hasher.aclose()


async def test_a_log_in_stands_even_if_there_is_no_time_to_hash_anew() -> None:
    hasher = InterruptedHasher(rounds=5)
    world = World(hasher)
    user = await _with_stale_hash(world)
    stale = world.hash_of(user)
    hasher.after_hash = _too_busy

    assert await world.log_in()

    assert stale == world.hash_of(user)
    await hasher.aclose()


async def _with_stale_hash(world: World) -> User:
    user = await world.register()
    world.set_hash(user, await HASHER.hash(PASSWORD))
    return user


async def _too_busy() -> None:
    raise Overloaded


async def test_a_log_in_that_races_a_reset_opens_nothing_with_the_old_password() -> (
    None
):
    hasher = InterruptedHasher()
    world = World(hasher)
    await world.register()
    await world.password_resets.request(EMAIL, PHONE)
    mailed = world.mailed_token(Purpose.RESET_PASSWORD)
    hasher.after_verify = lambda: world.password_resets.reset(
        mailed, NEW_PASSWORD, PHONE
    )

    with pytest.raises(InvalidCredentials):
        await world.log_in()

    assert not world.storage.sessions.tables.sessions
    assert await world.log_in(NEW_PASSWORD)
    await hasher.aclose()


async def test_a_log_in_that_races_a_new_hash_of_the_same_password_succeeds() -> None:
    hasher = InterruptedHasher()
    world = World(hasher)
    user = await world.register()
    hasher.after_verify = lambda: _hash_anew(world, user)

    assert await world.log_in()

    assert 1 == world.count(EventKind.SESSION_OPENED)
    await hasher.aclose()


async def _hash_anew(world: World, user: User) -> None:
    new_hash = await HASHER.hash(PASSWORD)
    old = await hash_of(world.storage, user)
    assert old
    assert await world.storage.users.replace_hash(
        user.id, stamp=user.stamp, old_hash=old, new_hash=new_hash
    )


async def test_hashing_anew_never_brings_an_old_password_back() -> None:
    hasher = InterruptedHasher(rounds=5)
    world = World(hasher)
    await _with_stale_hash(world)
    await world.password_resets.request(EMAIL, PHONE)
    mailed = world.mailed_token(Purpose.RESET_PASSWORD)
    hasher.after_hash = lambda: world.password_resets.reset(mailed, NEW_PASSWORD, PHONE)

    await world.log_in()

    with pytest.raises(InvalidCredentials):
        await world.log_in(PASSWORD)
    assert await world.log_in(NEW_PASSWORD)
    await hasher.aclose()
