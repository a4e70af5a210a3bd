"""How many connections there are, in all and by address, and who makes room for whom."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from config.networks import Network
from core.client_networks import subject_of
from entrypoints.http.around.client_address import parsed
from entrypoints.http.wire.refusals import TooManyConnections

log = logging.getLogger(__name__)

TELL_SECONDS = 60
"""How often the log tells that there are too many."""


class Connection(Protocol):
    """One that can be closed."""

    def hang_up(self) -> None:
        """Close it, now that it is idle."""


@dataclass(slots=True)
class _Group:
    subject: str | None = None
    """Whose address its members have in common."""

    members: int = 0
    idle: dict[Connection, None] = field(default_factory=dict)


@dataclass(slots=True)
class Connections:
    """
    All that are open in this process.

    Where there are too many, one that is idle between two requests makes room, the
    longest idle first; if none is, the new one is refused. Addresses in ``proxies`` are
    not counted by themselves: behind them are all clients there are.
    """

    most: int
    most_by_address: int
    proxies: Sequence[Network]
    _all: _Group = field(default_factory=_Group, init=False)
    _by_address: dict[str, _Group] = field(default_factory=dict, init=False)
    _groups: dict[Connection, Sequence[_Group]] = field(
        default_factory=dict, init=False
    )
    _told: float = field(default=0, init=False)

    def open(self, connection: Connection, address: str | None) -> None:
        """Count a connection; raises TooManyConnections."""
        subject = self._subject(address)
        mine = self._by_address.get(subject or "", _Group(subject))
        self._make_room(mine, self.most_by_address, "from your address", address)
        self._make_room(self._all, self.most, "in all", address)
        groups = [self._all]
        if subject is not None:
            # Anew: to make room, the last of its address may have been forgotten.
            groups.append(self._by_address.setdefault(subject, mine))
        self._groups[connection] = groups
        for group in groups:
            group.members += 1

    def closed(self, connection: Connection) -> None:
        """Forget a connection; one that is not counted may be as well."""
        for group in self._groups.pop(connection, ()):
            group.members -= 1
            group.idle.pop(connection, None)
            if group.subject is not None and not group.members:
                del self._by_address[group.subject]

    def rests(self, connection: Connection) -> None:
        """Note that it waits for its next request."""
        for group in self._groups.get(connection, ()):
            group.idle[connection] = None

    def works(self, connection: Connection) -> None:
        """Note that it does not."""
        for group in self._groups.get(connection, ()):
            group.idle.pop(connection, None)

    def _subject(self, address: str | None) -> str | None:
        known = parsed(address or "")
        if known is None or any(known in network for network in self.proxies):
            return None
        return subject_of(str(known))

    def _make_room(
        self, group: _Group, most: int, where: str, address: str | None
    ) -> None:
        if group.members < most:
            return
        if group.idle:
            longest_idle = next(iter(group.idle))
            self.closed(longest_idle)
            longest_idle.hang_up()
            return
        self._tell(where, address)
        raise TooManyConnections(f"Too many connections {where}")

    def _tell(self, where: str, address: str | None) -> None:
        now = time.monotonic()
        if self._told and now - self._told < TELL_SECONDS:
            return
        self._told = now
        log.warning(
            "Too many connections %s: new ones are refused (MAX_CONNECTIONS,"
            " MAX_CONNECTIONS_PER_ADDRESS); told once a minute",
            where,
            extra={"client": address},
        )


@dataclass(slots=True)
class ConnectionSlot:
    """
    A connection's slot among all that are allowed.

    It is kept as long as a request is at work: who hangs up makes no room by that, and
    can't leave behind more requests than connections are allowed.
    """

    others: Connections
    connection: Connection
    _requests: int = field(default=0, init=False)
    _lost: bool = field(default=False, init=False)

    def taken(self) -> None:
        """Note that the application has a request."""
        self._requests += 1

    def done(self) -> None:
        """Note that it is done with it."""
        self._requests -= 1
        self._leave()

    def lost(self) -> None:
        """Note that the connection is no more."""
        self._lost = True
        self._leave()

    def _leave(self) -> None:
        if self._lost and not self._requests:
            self.others.closed(self.connection)
