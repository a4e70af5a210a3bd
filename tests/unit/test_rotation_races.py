import asyncio
from datetime import timedelta
from itertools import product

import pytest

from core.errors import InvalidRefreshToken
from core.identity.session_rules import Rotation
from core.model.events import EventKind
from tests.unit.world import PHONE, World

CALLERS = 50
TOLERANT = [
    (rotation, grace)
    for rotation, grace in product(Rotation, (0, 30))
    if (rotation, grace) != (Rotation.STRICT, 0)
]


async def _all_at_once(world: World, tokens: list[str]) -> list[str | Exception]:
    """Return the answer to each use, the error where it was refused."""
    answers = await asyncio.gather(
        *(world.refresh(token) for token in tokens), return_exceptions=True
    )
    for answer in answers:
        assert isinstance(answer, str | InvalidRefreshToken)
    return answers  # type: ignore[return-value] # as just asserted


@pytest.mark.parametrize(("rotation", "grace"), TOLERANT)
async def test_of_any_number_of_callers_one_rotates_and_all_are_answered_alike(
    rotation: Rotation, grace: int
) -> None:
    world = World(rotation=rotation, grace=timedelta(seconds=grace))
    token = (await world.newcomer()).refresh_token

    answers = await _all_at_once(world, [token] * CALLERS)

    assert 1 == len(set(answers))
    assert 1 == world.session.generation
    assert 0 == world.count(EventKind.REUSE_DETECTED)


async def test_strictly_and_without_grace_one_caller_wins_and_the_others_are_theft() -> (
    None
):
    world = World(rotation=Rotation.STRICT, grace=timedelta(0))
    token = (await world.newcomer()).refresh_token

    answers = await _all_at_once(world, [token] * CALLERS)

    assert 1 == sum(isinstance(answer, str) for answer in answers)
    assert 1 == world.session.generation
    assert 1 == world.count(EventKind.REUSE_DETECTED)


@pytest.mark.parametrize("rotation", Rotation)
async def test_any_number_of_uses_of_a_spent_token_are_told_once(
    rotation: Rotation,
) -> None:
    world = World(rotation=rotation)
    spent = (await world.newcomer()).refresh_token
    current = await world.refresh(await world.refresh(spent))
    world.wait(minutes=1)

    answers = await _all_at_once(world, [spent] * CALLERS)

    assert CALLERS == sum(isinstance(answer, Exception) for answer in answers)
    assert 1 == world.count(EventKind.REUSE_DETECTED)
    with pytest.raises(InvalidRefreshToken):
        await world.refresh(current)


@pytest.mark.parametrize("rotation", Rotation)
async def test_callers_with_tokens_of_several_generations_meet_at_the_newest(
    rotation: Rotation,
) -> None:
    world = World(rotation=rotation)
    chain = [(await world.newcomer()).refresh_token]
    for _ in range(4):
        chain.append(await world.refresh(chain[-1]))

    answers = await _all_at_once(world, chain * 10)

    assert 5 == world.session.generation
    assert {chain[-1], await world.refresh(chain[-1])} >= set(answers)
    assert 0 == world.count(EventKind.REUSE_DETECTED)


async def test_a_log_out_that_races_refreshes_wins() -> None:
    world = World()
    grant = await world.newcomer()

    await asyncio.gather(
        *(world.refresh(grant.refresh_token) for _ in range(10)),
        world.sessions.log_out(grant.access_token, None, PHONE),
        *(world.refresh(grant.refresh_token) for _ in range(10)),
        return_exceptions=True,
    )

    assert world.session.ended_at is not None
    with pytest.raises(InvalidRefreshToken):
        await world.refresh(grant.refresh_token)
