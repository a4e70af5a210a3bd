"""The world of the core, with an outbox."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Self

from adapters.emails.idna import IdnaEmails
from core.model import Limit, OneTimeToken, Purpose, UserId
from core.model.events import Actor, Event, EventKind
from core.operations.mail_composer import MailComposer
from core.operations.mail_watch import Deliveries, MailWatch
from core.operations.outbox import LEASE, Outbox
from tests.doubles import Postman
from tests.unit.world import EVENTS, MAILS, PHONE, World


class Office(World):
    """A world whose mails go out when ``outbox`` is told to, through a steered postman."""

    def __init__(self, mails: Sequence[Limit] = (MAILS,)) -> None:
        super().__init__(mails=mails)
        self.postman = Postman()
        self.deliveries = Deliveries(self.metrics)
        self.outbox = Outbox(
            storage=self.storage,
            mailer=self.postman,
            composer=MailComposer(
                storage=self.storage,
                emails=IdnaEmails(),
                token_service=self.token_service,
                clock=self.clock,
            ),
            throttle=self.throttle,
            emails=IdnaEmails(),
            clock=self.clock,
            deliveries=self.deliveries,
        )
        self.mails = MailWatch(
            storage=self.storage,
            deliveries=self.deliveries,
            clock=self.clock,
            metrics=self.metrics,
        )

    async def tell(
        self,
        kind: EventKind,
        data: Mapping[str, str] | None = None,
        *,
        actor: UserId | Actor = Actor.ANYONE,
        token: OneTimeToken | None = None,
    ) -> Event:
        """Store an event of the first user, and its token."""
        data = {**(data or {}), **({"token_id": token.id} if token else {})}
        now = self.clock.now()
        event = EVENTS.make(kind, now, actor, PHONE, user_id=1, data=data)
        if token is None:
            await self.storage.events.append([event])
        else:
            await self.storage.tokens.issue(token, events=[event])
        return event

    def token(self, purpose: Purpose, email: str | None = None) -> OneTimeToken:
        """Return a token of the first user's."""
        return self.mailed_tokens.new(1, purpose, self.clock.now(), email)

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
