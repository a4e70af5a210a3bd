import asyncio

import pytest

from core.errors import (
    EmailAlreadyVerified,
    InvalidCredentials,
    InvalidMailToken,
    InvalidRefreshToken,
    SessionEnded,
)
from core.model import Purpose, User
from core.model.events import EventKind
from tests.unit.world import EMAIL, NEW_PASSWORD, PHONE, World

VERIFY, RESET = Purpose.VERIFY_EMAIL, Purpose.RESET_PASSWORD


async def test_who_did_not_register_removes_the_account_and_its_log_ins() -> None:
    world = World()
    grant = await world.newcomer()
    await world.password_resets.request(EMAIL, PHONE)
    reset = world.mailed_token(RESET)

    await world.verifications.reject(world.mailed_token(VERIFY), PHONE)

    with pytest.raises(SessionEnded):
        await world.sessions.identify(grant.access_token)
    with pytest.raises(InvalidRefreshToken):
        await world.sessions.refresh(grant.refresh_token, PHONE)
    with pytest.raises(InvalidCredentials):
        await world.log_in()
    with pytest.raises(InvalidMailToken):
        await world.password_resets.reset(reset, NEW_PASSWORD, PHONE)
    assert grant.user.id < (await world.register()).id


async def test_the_rejection_is_told_by_number_and_no_name_stays() -> None:
    world = World()
    user = await world.register()

    await world.verifications.reject(world.mailed_token(VERIFY), PHONE)

    assert 1 == world.count(EventKind.USER_REJECTED)
    events = await world.storage.events.read(after=None, limit=99, user_id=user.id)
    assert [EventKind.USER_REGISTERED, EventKind.USER_REJECTED] == [
        event.kind for event in events
    ]
    stored = repr(world.storage.users.tables)
    assert all(name not in stored for name in (user.email, user.username))


async def test_a_verified_account_is_not_removed_by_its_old_mail() -> None:
    world = World()
    user = await world.register()
    mailed = world.mailed_token(VERIFY)
    verified = await world.verifications.verify(mailed, PHONE)

    with pytest.raises(EmailAlreadyVerified):
        await world.verifications.reject(mailed, PHONE)

    assert verified == await world.storage.users.get(user.id)
    assert 0 == world.count(EventKind.USER_REJECTED)


async def test_who_is_verified_otherwise_is_not_removed_by_a_token_unspent() -> None:
    world = World()
    user = await world.register()
    mailed = world.mailed_token(VERIFY)
    world.change_user(user, is_verified=True)

    with pytest.raises(EmailAlreadyVerified):
        await world.verifications.owner(mailed)
    with pytest.raises(EmailAlreadyVerified):
        await world.verifications.reject(mailed, PHONE)

    assert (await world.verifications.verify(mailed, PHONE)).is_verified


async def test_a_link_followed_twice_tells_that_the_address_is_verified() -> None:
    world = World()
    await world.register()
    mailed = world.mailed_token(VERIFY)
    await world.verifications.verify(mailed, PHONE)

    with pytest.raises(EmailAlreadyVerified):
        await world.verifications.owner(mailed)
    with pytest.raises(EmailAlreadyVerified):
        await world.verifications.verify(mailed, PHONE)

    world.wait(hours=24)
    with pytest.raises(InvalidMailToken) as refused:
        await world.verifications.verify(mailed, PHONE)
    assert InvalidMailToken is refused.type


async def test_a_spent_token_is_nothing_to_who_is_no_longer_verified() -> None:
    world = World()
    user = await world.register()
    mailed = world.mailed_token(VERIFY)
    world.change_user(
        await world.verifications.verify(mailed, PHONE), is_verified=False
    )

    with pytest.raises(InvalidMailToken) as refused:
        await world.verifications.reject(mailed, PHONE)

    assert InvalidMailToken is refused.type
    assert await world.storage.users.get(user.id)


async def test_what_is_no_good_mail_token_removes_nobody() -> None:
    world = World()
    user = await world.register()
    await world.password_resets.request(EMAIL, PHONE)
    reset, older = world.mailed_token(RESET), world.mailed_token(VERIFY)
    await world.verifications.request(EMAIL, PHONE)
    late = world.mailed_token(VERIFY)
    forged = world.token_service.mail_token(reset.partition(".")[0], VERIFY)
    for token in ("", "x", reset, older, forged):
        with pytest.raises(InvalidMailToken):
            await world.verifications.reject(token, PHONE)

    world.wait(hours=24)
    with pytest.raises(InvalidMailToken):
        await world.verifications.reject(late, PHONE)
    assert user == await world.storage.users.get(user.id)


async def test_looking_at_a_token_changes_nothing() -> None:
    world = World()
    user = await world.register()
    await world.password_resets.request(EMAIL, PHONE)
    verify, reset = world.mailed_token(VERIFY), world.mailed_token(RESET)
    before = repr(world.storage.users.tables)

    assert user == await world.verifications.owner(verify)
    assert user == await world.password_resets.owner(reset)

    assert before == repr(world.storage.users.tables)
    with pytest.raises(InvalidMailToken):
        await world.password_resets.owner(verify)


async def test_of_all_who_verify_or_reject_one_succeeds() -> None:
    world = World()
    await world.register()
    mailed = world.mailed_token(VERIFY)

    answers = await asyncio.gather(
        *(world.verifications.verify(mailed, PHONE) for _ in range(25)),
        *(world.verifications.reject(mailed, PHONE) for _ in range(25)),
        return_exceptions=True,
    )

    refused = [a for a in answers if isinstance(a, InvalidMailToken)]
    assert 49 == len(refused)
    assert 1 == sum(a is None or isinstance(a, User) for a in answers)
