from asyncio import Event, create_task, sleep

import pytest

from entrypoints.http.wire.connections import Connections, ConnectionSlot
from entrypoints.http.wire.refusals import TooManyConnections

ADDRESS = "192.0.2.1"


class Peer:
    def hang_up(self) -> None:
        raise AssertionError("it is not idle")


@pytest.fixture
def connections() -> Connections:
    return Connections(most=8, most_by_address=1, proxies=())


async def test_who_hangs_up_counts_until_the_request_is_done(
    connections: Connections,
) -> None:
    answered = Event()

    async def answer() -> None:
        await answered.wait()

    gone = Peer()
    slot = ConnectionSlot(connections, gone)
    connections.open(gone, ADDRESS)
    slot.taken()
    request = create_task(slot.around(answer)())
    await sleep(0)

    slot.lost()
    with pytest.raises(TooManyConnections):
        connections.open(Peer(), ADDRESS)

    answered.set()
    await request
    connections.open(Peer(), ADDRESS)


async def test_a_request_that_fails_is_done(connections: Connections) -> None:
    async def fail() -> None:
        raise ValueError("a bug")

    gone = Peer()
    slot = ConnectionSlot(connections, gone)
    connections.open(gone, ADDRESS)
    slot.taken()
    slot.lost()

    with pytest.raises(ValueError, match="a bug"):
        await slot.around(fail)()
    connections.open(Peer(), ADDRESS)


def test_who_hangs_up_between_requests_makes_room(connections: Connections) -> None:
    gone = Peer()
    slot = ConnectionSlot(connections, gone)
    connections.open(gone, ADDRESS)

    slot.lost()

    connections.open(Peer(), ADDRESS)
