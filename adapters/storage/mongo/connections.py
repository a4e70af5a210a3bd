"""How the driver's connections are used, as it tells."""

from dataclasses import dataclass

from pymongo.monitoring import (
    ConnectionCheckedInEvent,
    ConnectionCheckedOutEvent,
    ConnectionCheckOutFailedEvent,
    ConnectionCheckOutStartedEvent,
    ConnectionClosedEvent,
    ConnectionCreatedEvent,
    ConnectionPoolListener,
    ConnectionReadyEvent,
    PoolClearedEvent,
    PoolClosedEvent,
    PoolCreatedEvent,
    PoolReadyEvent,
)

from core.model import PoolUse


@dataclass(slots=True)
class Connections(ConnectionPoolListener):
    """Counts, for all servers of a client together."""

    _open: int = 0
    _used: int = 0
    _waiting: int = 0
    _requests: int = 0
    _waited: float = 0

    @property
    def use(self) -> PoolUse:
        return PoolUse(
            used=self._used,
            idle=self._open - self._used,
            waiting=self._waiting,
            requests=self._requests,
            waited=self._waited,
        )

    def connection_created(self, event: ConnectionCreatedEvent) -> None:
        self._open += 1

    def connection_closed(self, event: ConnectionClosedEvent) -> None:
        self._open -= 1

    def connection_check_out_started(
        self, event: ConnectionCheckOutStartedEvent
    ) -> None:
        self._waiting += 1

    def connection_check_out_failed(self, event: ConnectionCheckOutFailedEvent) -> None:
        self._have_waited(event.duration)

    def connection_checked_out(self, event: ConnectionCheckedOutEvent) -> None:
        self._have_waited(event.duration)
        self._used += 1

    def connection_checked_in(self, event: ConnectionCheckedInEvent) -> None:
        self._used -= 1

    def connection_ready(self, event: ConnectionReadyEvent) -> None: ...

    def pool_created(self, event: PoolCreatedEvent) -> None: ...

    def pool_ready(self, event: PoolReadyEvent) -> None: ...

    def pool_cleared(self, event: PoolClearedEvent) -> None: ...

    def pool_closed(self, event: PoolClosedEvent) -> None: ...

    def _have_waited(self, seconds: float | None) -> None:
        self._waiting -= 1
        self._requests += 1
        self._waited += seconds or 0
