from datetime import timedelta

from core.model import RecordKind
from core.operations.housekeeping import Housekeeping
from tests.unit.world import World


async def test_what_nobody_needs_any_more_goes_and_the_rest_stays() -> None:
    world = World()
    house = Housekeeping(world.storage, world.clock, timedelta(days=365))
    await world.newcomer()
    await world.register("other")
    archive = world.storage.archive

    assert 0 == await house.tidy()

    world.wait(days=9)  # the session and the mailed tokens are over
    assert 0 < await house.tidy()
    assert 0 == await house.tidy()
    left = [await archive.count(kind) for kind in RecordKind]
    assert [2, 0, 0, 3, 0, 0] == left


async def test_events_that_wait_for_delivery_are_kept_however_old() -> None:
    world = World()
    house = Housekeeping(world.storage, world.clock, timedelta(days=365))
    await world.newcomer()

    world.wait(days=1000)
    while await house.tidy():
        continue

    assert 1 == await world.storage.archive.count(RecordKind.EVENTS)
