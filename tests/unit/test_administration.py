"""What administrators see of limits, and what is forgotten with a user."""

import pytest

from core.errors import InvalidCredentials, TooManyAttempts
from core.model import Client, Operator, Profile
from core.model.events import EventKind
from tests.unit.world import BACKOFF, CONSOLE, EMAIL, LAPTOP, PHONE, World

WRONG = "WrongPass123!"
OPERATOR = Operator(CONSOLE)


async def _guess(world: World, times: int, client: Client = LAPTOP) -> None:
    for _ in range(times):
        with pytest.raises(InvalidCredentials):
            await world.log_in(WRONG, client=client)


async def test_failures_in_a_row_show_until_they_are_forgotten() -> None:
    world = World()
    user = await world.register()
    users = world.user_administration
    assert (await users.look(OPERATOR, user.id)).locked_until is None

    await _guess(world, BACKOFF.free + 1)
    report = await users.look(OPERATOR, user.id)
    assert world.clock.now() + BACKOFF.first == report.locked_until
    with pytest.raises(TooManyAttempts):
        await world.log_in(client=LAPTOP)
    await users.unlock(OPERATOR, user.id)

    assert (await users.look(OPERATOR, user.id)).locked_until is None
    assert await world.log_in(client=LAPTOP)
    assert 1 == world.count(EventKind.USER_UNLOCKED)


async def test_an_address_that_was_known_is_unlocked_too() -> None:
    world = World()
    user = await world.register()
    await world.log_in()
    await _guess(world, BACKOFF.free + 1, PHONE)
    with pytest.raises(TooManyAttempts):
        await world.log_in()

    await world.user_administration.unlock(OPERATOR, user.id)

    assert await world.log_in()


async def test_without_limits_nobody_is_locked() -> None:
    world = World(backoff=None)
    user = await world.register()
    await _guess(world, 20)

    report = await world.user_administration.look(OPERATOR, user.id)
    assert report.locked_until is None


async def test_the_failures_of_who_is_deleted_are_forgotten() -> None:
    world = World()
    user = await world.register()
    await _guess(world, BACKOFF.free + 1)

    await world.user_administration.delete(OPERATOR, user.id)

    await world.register()
    assert await world.log_in(client=LAPTOP)


async def test_what_operators_do_is_told_as_theirs() -> None:
    world = World()
    profile = Profile(email=EMAIL, username="jane")
    user = await world.user_administration.invite(OPERATOR, profile)
    await world.user_administration.unlock(OPERATOR, user.id)

    assert {("operator", "server", "root")} == {
        (event.actor, event.address, event.label) for event in world.events
    }
