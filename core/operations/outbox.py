"""Sends the mails that events ask for: at least once, none lost."""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import timedelta

from core import errors
from core.identity.throttle import Throttle
from core.model import EventId, Mail
from core.model.events import Actor, Delivery, Event, EventKind
from core.operations.mail_composer import MailComposer
from core.operations.mail_watch import Deliveries
from core.ports import Clock, EmailNormalizer, Mailer, Storage

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""Longer than any mailer may take."""

BATCH = 20
FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=3)

COUNTED = frozenset(
    {
        EventKind.VERIFICATION_REQUESTED,
        EventKind.PASSWORD_RESET_REQUESTED,
        EventKind.EMAIL_CHANGE_REQUESTED,
    }
)
"""Counted when somebody asked for it: beyond the budget there is no such event, or no token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """Delivers outgoing events. Any number may run side by side, and die at any point."""

    storage: Storage
    mailer: Mailer
    composer: MailComposer
    throttle: Throttle
    emails: EmailNormalizer
    clock: Clock
    deliveries: Deliveries
    _sent: set[EventId] = field(default_factory=set, init=False, repr=False)

    async def deliver_due(self) -> int:
        """Try every event that is due, up to ``BATCH``; return how many were tried."""
        # First what the storage was not there to hear of, or it would be due again.
        for event_id in tuple(self._sent):
            await self._note(event_id)
        due = await self.storage.events.claim(
            at=self.clock.now(), lease=LEASE, limit=BATCH
        )
        outcomes = await asyncio.gather(
            *(self._deliver(delivery) for delivery in due), return_exceptions=True
        )
        # Only now, when every other mail is done with.
        for failure in filter(None, outcomes):
            raise failure
        return len(due)

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            mail = await self._mail(delivery)
            if mail is not None:
                await self.mailer.send(mail)
                self.deliveries.succeeded()
                log.info("Email sent", extra=_names(delivery.event))
        except errors.MailRefused as refusal:
            await self._give_up(delivery, str(refusal))
        except Exception as failure:  # noqa: BLE001 - one mail must not stop the others
            await self._retry(delivery, failure)
        else:
            await self._note(delivery.event.id)

    async def _note(self, event_id: EventId) -> None:
        self._sent.add(event_id)
        await self.storage.events.delivered(event_id)
        self._sent.discard(event_id)

    async def _mail(self, delivery: Delivery) -> Mail | None:
        """Return the mail; None where nobody is to be told, or was told enough already."""
        if not delivery.event.kind.is_known:
            raise errors.MailUnavailable(
                "a later version tells of it, and has to be up"
            )
        mail = await self.composer.mail(delivery.event)
        return mail if mail and await self._may_send(delivery, mail) else None

    async def _may_send(self, delivery: Delivery, mail: Mail) -> bool:
        # Counted once, however often the mail server has to be asked.
        is_counted = delivery.event.kind in COUNTED or delivery.attempt > 1
        if is_counted or _has_to_arrive(delivery.event):
            return True
        return await self.throttle.may_tell(self.emails.key(mail.to), mail.kind)

    async def _retry(self, delivery: Delivery, failure: Exception) -> None:
        now = self.clock.now()
        if now - delivery.event.at > GIVE_UP_AFTER:
            await self._give_up(delivery, str(failure))
            return
        doublings = min(delivery.attempt - 1, 16)
        pause = min(FIRST_RETRY * 2**doublings, LONGEST_RETRY)
        self.deliveries.delayed()
        known = isinstance(failure, errors.MailUnavailable | errors.Unavailable)
        log.warning(
            "Email delayed",
            extra={**_names(delivery.event), "reason": str(failure)},
            exc_info=None if known else failure,
        )
        await self.storage.events.failed(delivery, retry_at=now + pause)

    async def _give_up(self, delivery: Delivery, reason: str) -> None:
        self.deliveries.given_up()
        log.error("Email given up", extra={**_names(delivery.event), "reason": reason})
        await self.storage.events.failed(delivery, retry_at=None)


def _has_to_arrive(event: Event) -> bool:
    """
    Tell whether somebody known asked for what has made an older mail void already.

    So is the undo of a change of address, and the reset that follows one: whoever took an
    account over must not get rid of them by using the budget up.
    """
    return "token_id" in event.data and event.actor not in {None, Actor.ANYONE}


def _names(event: Event) -> dict[str, str | int | None]:
    return {"kind": event.kind, "user_id": event.user_id, "event_id": event.id}
