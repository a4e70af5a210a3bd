"""Makes every event, so that each of them tells who did it and from where."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.model import Client, SessionId, UserId
from core.model.events import Event, EventKind
from core.ports import IdGenerator


class Actor(StrEnum):
    """Who does something and is no user that we know."""

    ANYONE = "anyone"
    """Whoever asks, and need not prove who that is."""
    OPERATOR = "operator"
    """Who runs a command; its client is a machine and a log-in there."""
    SERVICE = "service"
    """We ourselves, about what we found."""


@dataclass(frozen=True, slots=True)
class EventFactory:
    """Makes events; ``ids`` names them."""

    ids: IdGenerator

    def make(  # noqa: PLR0913 - all of it is told
        self,
        kind: EventKind,
        at: datetime,
        actor: UserId | Actor,
        client: Client | None = None,
        *,
        user_id: UserId | None = None,
        session_id: SessionId | None = None,
        data: Mapping[str, str] | None = None,
    ) -> Event:
        """
        Return an event; its ``data`` has ``actor``, ``address`` and ``client``, too.

        ``actor`` is a user's id in decimal, where the user proved to be that. Address and
        label are of who was there, and need not be those of the session; we have none.
        """
        origin = {"address": client.address, "client": client.label} if client else {}
        return Event(
            id=self.ids.new_id(),
            kind=kind,
            at=at,
            user_id=user_id,
            session_id=session_id,
            data={"actor": str(actor), **origin, **(data or {})},
        )
