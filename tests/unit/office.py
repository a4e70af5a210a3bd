"""The world of the core, with an outbox."""

from datetime import timedelta
from typing import Self

from core.events import Event, EventKind
from core.outbox import LEASE, Outbox
from tests.doubles import Postman
from tests.unit.world import World


class Office(World):
    """A world whose mails go out when ``outbox`` is told to, through a steered postman."""

    def __init__(self) -> None:
        super().__init__()
        self.postman = Postman()
        self.outbox = Outbox(
            storage=self.storage, mailer=self.postman, keys=self.keys, clock=self.clock
        )

    async def tell(self, kind: EventKind) -> Event:
        """Store an event of the first user."""
        event_id = f"{len(self.events):032x}"
        event = Event(id=event_id, kind=kind, at=self.clock.now(), user_id=1)
        await self.storage.events.append([event])
        return event

    async def has_nothing_left(self) -> bool:
        future = self.clock.now() + timedelta(days=365)
        return not await self.storage.events.claim(at=future, lease=LEASE, limit=1)

    @classmethod
    async def with_a_user(cls) -> Self:
        """Return an office after a user was registered, and the mail of that sent."""
        office = cls()
        await office.register()
        await office.outbox.deliver_due()
        office.postman.sent.clear()
        return office
