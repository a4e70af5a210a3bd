"""Makes every event, so that each of them tells who did it and from where."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.model import Client, SessionId, UserId
from core.model.events import Actor, Event, EventKind
from core.ports import IdGenerator


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
        """Return an event of this moment; ``actor`` is a user who proved to be that, or not."""
        return Event(
            id=self.ids.new_id(),
            kind=kind,
            at=at,
            user_id=user_id,
            session_id=session_id,
            actor=str(actor),
            address=client.address if client else None,
            label=client.label if client else None,
            data=data or {},
        )
