"""That log-ins and refreshes are counted by what became of them."""

from datetime import timedelta

import pytest

from core import errors
from tests.unit.world import EMAIL, World


@pytest.fixture
def world() -> World:
    return World()


def counted(world: World, what: str) -> dict[str, float]:
    """Return how often there was each outcome."""
    return {
        sample.labels["outcome"]: sample.value
        for family in world.metrics.registry.collect()
        for sample in family.samples
        if sample.name == f"scribes_{what}_total"
    }


async def test_log_ins_are_counted_by_outcome(world: World) -> None:
    user = await world.register()
    await world.log_in()
    for email in (EMAIL, "nobody@example.com"):
        with pytest.raises(errors.InvalidCredentials):
            await world.log_in("wrong", email)
    world.change_user(user, is_active=False)
    with pytest.raises(errors.AccountInactive):
        await world.log_in()

    assert {"success": 1, "invalid_credentials": 2, "account_inactive": 1} == counted(
        world, "log_ins"
    )


async def test_who_has_to_wait_after_wrong_passwords_is_counted(world: World) -> None:
    for _ in range(30):
        with pytest.raises((errors.InvalidCredentials, errors.TooManyAttempts)):
            await world.log_in("wrong")

    assert {"invalid_credentials", "too_many_attempts"} == {*counted(world, "log_ins")}
    assert 30 == sum(counted(world, "log_ins").values())


async def test_refreshes_are_counted_by_outcome_and_a_reuse_besides(
    world: World,
) -> None:
    spent = (await world.newcomer()).refresh_token
    fresh = await world.refresh(spent)
    await world.refresh(fresh)
    world.clock.advance(timedelta(minutes=5))
    for token in (spent, "x.y.z"):
        with pytest.raises(errors.InvalidRefreshToken):
            await world.refresh(token)

    assert {"success": 2, "invalid_refresh_token": 2} == counted(world, "refreshes")
    reuses = "scribes_refresh_reuses_total"
    assert 1 == world.metrics.registry.get_sample_value(reuses)
