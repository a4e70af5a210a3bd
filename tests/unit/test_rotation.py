"""
What a refresh token is worth after each history.

A history reads from left to right: `0>1` token 0 is used and answered with token 1,
`0!` token 0 is used and ends the session, `31s` and `2d` are pauses.
"""

import re
from datetime import timedelta

import pytest

from core.errors import ExpiredToken, InvalidRefreshToken, SessionEnded
from core.identity.session_rules import ROTATIONS_KEPT, Rotation
from core.model import EndReason, Grant
from core.model.events import EventKind
from tests.unit.world import LAPTOP, PHONE, World, origin

STEP = re.compile(r"(?P<time>[\d.]+)(?P<unit>[sd])|(?P<used>\d+)(>(?P<got>\d+)|!)")

WHATEVER_THE_GRACE = {
    "the usual chain": "0>1 1d 1>2 1d 2>3 6d 3>4",
    "an answer lost and asked for again": "0>1 0>1 1>2",
    "an answer lost and asked for again days later": "0>1 2d 0>1 1>2",
    "a client that keeps its first token": "0>1 1d 0>1 1d 0>1 2d 0>1 2d 0>1",
    "several answers lost on the way": "0>1 0>1 1>2 1d 1>2 1>2 2>3",
}
PATIENT = {
    "the grace has not passed": "0>1 1>2 30s 0>2",
    "the grace has passed": "0>1 1>2 30.001s 0!",
    "a chain within the grace": "0>1 1>2 2>3 10s 0>3 1>3 2>3 3>4",
    "three tabs, each behind the other": "0>1 5s 0>1 1>2 5s 0>2 2>3 5s 1>3 0>3",
    "each token's grace begins when that token is spent": "0>1 1>2 20s 2>3 20s 1>3 0!",
    "a tolerated use does not prolong the grace": "0>1 1>2 20s 0>2 20s 0!",
    "a tolerated use spends nothing": "0>1 1>2 20s 0>2 1d 2>3 1d 2>3",
    "unused, then both moved on": "0>1 1d 0>1 1d 1>2 1d 0!",
}
PATIENT_WITHOUT_GRACE = {
    "the successor's use spends at once": "0>1 1>2 0!",
    "a retry of the successor ends nothing": "0>1 1>2 1>2 2>3 1!",
}
STRICT = {
    "the usual chain": "0>1 1d 1>2 1d 2>3",
    "a retry": "0>1 0>1 1>2",
    "a retry at the end of the grace": "0>1 30s 0>1",
    "a retry after the grace": "0>1 30.001s 0!",
    "a chain within the grace": "0>1 10s 1>2 10s 2>3 10s 0>3 1>3 2>3",
    "each token's grace begins when that token is spent": "0>1 20s 1>2 20s 1>2 0!",
    "three tabs, each behind the other": "0>1 5s 0>1 1>2 5s 0>2 2>3 5s 1>3 0>3",
}
STRICT_WITHOUT_GRACE = {
    "the usual chain": "0>1 1d 1>2 1d 2>3",
    "a second use": "0>1 0!",
    "a second use after the successor's": "0>1 1>2 0!",
}
HISTORIES = {
    (Rotation.PATIENT, 30): PATIENT | WHATEVER_THE_GRACE,
    (Rotation.PATIENT, 0): PATIENT_WITHOUT_GRACE | WHATEVER_THE_GRACE,
    (Rotation.STRICT, 30): STRICT,
    (Rotation.STRICT, 0): STRICT_WITHOUT_GRACE,
}


@pytest.mark.parametrize(
    ("rotation", "grace", "history"),
    [
        pytest.param(rotation, grace, history, id=f"{rotation}, {grace} s: {name}")
        for (rotation, grace), histories in HISTORIES.items()
        for name, history in histories.items()
    ],
)
async def test_a_token_is_worth_what_its_history_says(
    rotation: Rotation, grace: int, history: str
) -> None:
    world = World(rotation=rotation, grace=timedelta(seconds=grace))
    actor = Actor(world, await world.newcomer())

    for step in STEP.finditer(history):
        if step["time"]:
            seconds = {"s": 1, "d": 86400}[step["unit"]]
            world.wait(seconds=float(step["time"]) * seconds)
        elif step["got"]:
            await actor.is_answered(int(step["used"]), int(step["got"]))
        else:
            await actor.ends_the_session(int(step["used"]))

    assert ("!" in history) == (world.session.ended_at is not None)
    assert history.count("!") == world.count(EventKind.REUSE_DETECTED)


class Actor:
    """Plays a history, and keeps the latest access token and all refresh tokens."""

    def __init__(self, world: World, first: Grant) -> None:
        self.world = world
        self.tokens = {0: first.refresh_token}
        self.access_token = first.access_token

    async def is_answered(self, used: int, got: int) -> None:
        grant = await self.world.sessions.refresh(self.tokens[used], PHONE)

        assert got == await self.world.generation(grant.refresh_token)
        told = self.tokens.setdefault(got, grant.refresh_token)
        assert told == grant.refresh_token
        assert await self.world.sessions.identify(grant.access_token)
        self.access_token = grant.access_token

    async def ends_the_session(self, used: int) -> None:
        current = self.world.session.generation

        with pytest.raises(InvalidRefreshToken):
            await self.world.sessions.refresh(self.tokens[used], PHONE)

        assert EndReason.REUSE_DETECTED is self.world.session.end_reason
        assert self.world.clock.now() == self.world.session.ended_at
        assert current == self.world.session.generation
        await self._is_logged_out()

    async def _is_logged_out(self) -> None:
        for token in self.tokens.values():
            with pytest.raises(InvalidRefreshToken):
                await self.world.sessions.refresh(token, PHONE)
        with pytest.raises((SessionEnded, ExpiredToken)):
            await self.world.sessions.identify(self.access_token)


async def test_reuse_is_told_with_the_session_and_its_client() -> None:
    world = World(rotation=Rotation.STRICT, grace=timedelta(0))
    token = (await world.newcomer()).refresh_token
    await world.refresh(token)

    with pytest.raises(InvalidRefreshToken):
        await world.refresh(token, LAPTOP)

    event = world.events[-1]
    assert EventKind.REUSE_DETECTED is event.kind
    assert event.is_outgoing
    assert (world.session.user_id, world.session.id) == (
        event.user_id,
        event.session_id,
    )
    assert ("anyone", "192.0.2.2", "laptop") == origin(event)
    assert {"old_address": "192.0.2.1", "old_client": "phone"} == event.data


async def test_everything_but_the_access_token_is_the_same_for_all_who_ask() -> None:
    world = World()
    first = (await world.newcomer()).refresh_token

    grants = []
    for _ in range(3):
        grants.append(await world.sessions.refresh(first, PHONE))
        world.wait(hours=1)

    assert 1 == len({grant.refresh_token for grant in grants})
    assert 3 == len({grant.access_token for grant in grants})


async def test_the_latest_rotations_are_kept_and_no_more() -> None:
    world = World()
    tokens = [(await world.newcomer()).refresh_token]

    for _ in range(ROTATIONS_KEPT + 6):
        world.wait(milliseconds=1)
        tokens.append(await world.refresh(tokens[-1]))

    assert ROTATIONS_KEPT == len(world.session.rotations)
    assert world.clock.now() == world.session.rotations[-1]
    oldest_known = world.session.generation - ROTATIONS_KEPT + 1
    assert tokens[-1] == await world.refresh(tokens[oldest_known - 2])
    with pytest.raises(InvalidRefreshToken):
        await world.refresh(tokens[oldest_known - 3])
    assert EndReason.REUSE_DETECTED is world.session.end_reason
