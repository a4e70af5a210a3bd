import pytest

from core.errors import (
    InvalidMailToken,
)
from core.model import Purpose
from core.model.events import EventKind
from tests.unit.world import EMAIL, PHONE, World

VERIFY, RESET = Purpose.VERIFY_EMAIL, Purpose.RESET_PASSWORD


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


async def test_the_id_of_a_reset_removes_nobody() -> None:
    world = World()
    user = await world.register()
    await world.password_resets.request(EMAIL, PHONE)
    reset = world.mailed_token(RESET)
    forged = world.token_service.mail_token(reset.partition(".")[0], VERIFY)

    with pytest.raises(InvalidMailToken):
        await world.verifications.reject(forged, PHONE)

    assert user == await world.storage.users.get(user.id)


async def test_looking_at_a_token_changes_nothing_that_is_stored() -> None:
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
