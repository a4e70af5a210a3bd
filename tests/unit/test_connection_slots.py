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


def test_who_hangs_up_counts_until_the_request_is_done(
    connections: Connections,
) -> None:
    gone = Peer()
    slot = ConnectionSlot(connections, gone)
    connections.open(gone, ADDRESS)
    slot.taken()

    slot.lost()
    with pytest.raises(TooManyConnections):
        connections.open(Peer(), ADDRESS)

    slot.done()
    connections.open(Peer(), ADDRESS)


def test_who_hangs_up_between_requests_makes_room(connections: Connections) -> None:
    gone = Peer()
    slot = ConnectionSlot(connections, gone)
    connections.open(gone, ADDRESS)

    slot.lost()

    connections.open(Peer(), ADDRESS)
