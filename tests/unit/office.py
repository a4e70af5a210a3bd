"""The world of the core, with an outbox."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Self

from core.model import Limit
from core.model.events import Event, EventKind
from core.operations.mail_watch import Deliveries, MailWatch
from core.operations.outbox import LEASE, Outbox
from tests.doubles import Postman
from tests.unit.world import MAILS, World


class Office(World):
    """A world whose mails go out when ``outbox`` is told to, through a steered postman."""

    def __init__(self, mails: Sequence[Limit] = (MAILS,)) -> None:
        super().__init__(mails=mails)
        self.postman = Postman()
        self.deliveries = Deliveries(self.metrics)
        self.outbox = Outbox(
            storage=self.storage,
            mailer=self.postman,
            throttle=self.throttle,
            token_service=self.token_service,
            clock=self.clock,
            deliveries=self.deliveries,
        )
        self.mails = MailWatch(
            storage=self.storage,
            deliveries=self.deliveries,
            clock=self.clock,
            metrics=self.metrics,
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
    async def with_a_user(cls, mails: Sequence[Limit] = (MAILS,)) -> Self:
        """Return an office after a user was registered and verified an hour ago."""
        office = cls(mails)
        user = await office.register()
        await office.outbox.deliver_due()
        office.change_user(user, is_verified=True)
        office.postman.sent.clear()
        office.wait(hours=1)
        return office
