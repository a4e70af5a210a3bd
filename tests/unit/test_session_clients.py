import asyncio
from dataclasses import replace

from core.model import Client
from core.model.events import Event, EventKind
from tests.unit.world import LAPTOP, PHONE, World


def _changes(world: World) -> list[Event]:
    return [it for it in world.events if it.kind is EventKind.CLIENT_CHANGED]


async def test_a_client_that_moves_is_not_told() -> None:
    world = World()
    token = (await world.newcomer()).refresh_token

    for number in range(3):
        moved = replace(PHONE, address=f"192.0.2.{number}")
        token = await world.refresh(token, moved)

    assert [] == _changes(world)


async def test_a_refresh_by_another_program_is_told_with_old_and_new() -> None:
    world = World()
    token = (await world.newcomer()).refresh_token

    await world.refresh(token, LAPTOP)

    (event,) = _changes(world)
    session = world.session
    assert (session.user_id, session.id) == (event.user_id, event.session_id)
    assert not event.is_outgoing
    assert (session.user_id, "192.0.2.2", "laptop") == (
        event.actor_id,
        event.address,
        event.label,
    )
    assert {"old_address": "192.0.2.1", "old_client": "phone"} == event.data


async def test_a_thief_who_refreshes_in_step_with_the_owner_is_told() -> None:
    world = World()
    token = (await world.newcomer()).refresh_token

    for _ in range(3):
        # The same token by both: patient rotation answers them alike.
        answers = [await world.refresh(token, who) for who in (PHONE, LAPTOP)]
        assert 1 == len(set(answers))
        assert LAPTOP == world.session.client
        (token, _) = answers

    labels = [event.label for event in _changes(world)]
    assert ["laptop", "phone", "laptop", "phone", "laptop"] == labels


async def test_a_client_that_changes_for_many_at_once_is_told_once() -> None:
    world = World()
    first = (await world.newcomer()).refresh_token
    await world.refresh(first)

    await asyncio.gather(*(world.refresh(first, LAPTOP) for _ in range(50)))

    assert 1 == len(_changes(world))
    assert (1, LAPTOP) == (world.session.generation, world.session.client)


async def test_many_clients_at_once_are_all_answered_and_all_told() -> None:
    world = World()
    first = (await world.newcomer()).refresh_token
    await world.refresh(first)
    clients = [Client("192.0.2.9", f"client {number}") for number in range(50)]

    answers = await asyncio.gather(*(world.refresh(first, one) for one in clients))

    assert 1 == len(set(answers))
    told = {event.label for event in _changes(world)}
    assert {client.label for client in clients} == told
