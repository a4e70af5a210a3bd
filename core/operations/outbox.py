"""Sends the mails that events ask for: at least once, none lost."""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import timedelta

from core import errors
from core.identity.throttle import Throttle
from core.keys.token_service import TokenService
from core.model import EventId, Mail, MailKind, OneTimeToken, User
from core.model.events import Delivery, Event, EventKind
from core.operations.mail_watch import Deliveries
from core.ports import Clock, Mailer, Storage

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""Longer than any mailer may take."""

BATCH = 20
FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=3)

MAILS = {
    EventKind.USER_REGISTERED: MailKind.VERIFY_EMAIL,
    EventKind.VERIFICATION_REQUESTED: MailKind.VERIFY_EMAIL,
    EventKind.PASSWORD_RESET_REQUESTED: MailKind.RESET_PASSWORD,
    EventKind.PASSWORD_CHANGED: MailKind.PASSWORD_CHANGED,
    EventKind.PASSWORD_RESET: MailKind.PASSWORD_CHANGED,
    EventKind.REUSE_DETECTED: MailKind.REUSE_DETECTED,
}

COUNTED = frozenset(
    {EventKind.VERIFICATION_REQUESTED, EventKind.PASSWORD_RESET_REQUESTED}
)
"""Asked for by anybody, and counted then: beyond the budget there is no such event."""

WARNINGS = frozenset(
    {EventKind.PASSWORD_CHANGED, EventKind.PASSWORD_RESET, EventKind.REUSE_DETECTED}
)
"""Asked for by nobody, and so never for an address that is not proven."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """Delivers outgoing events. Any number may run side by side, and die at any point."""

    storage: Storage
    mailer: Mailer
    throttle: Throttle
    token_service: TokenService
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
        """Compose the mail; None where nobody is to be told, or the token is void by now."""
        event = delivery.event
        user = event.user_id and await self.storage.users.get(event.user_id)
        if not user or (event.kind in WARNINGS and not user.is_verified):
            return None
        token = None
        if token_id := event.data.get("token_id"):
            token = await self.storage.tokens.get(token_id)
            if token is None or not token.is_good(self.clock.now()):
                return None
        if not await self._may_send(delivery, user):
            return None
        return self._compose(event, MAILS[event.kind], user, token)

    async def _may_send(self, delivery: Delivery, user: User) -> bool:
        kind = delivery.event.kind
        # Counted once, however often the mail server has to be asked.
        if kind in COUNTED or delivery.attempt > 1:
            return True
        what = "warning" if kind in WARNINGS else "registration"
        return await self.throttle.may_tell(user.email_key, what)

    def _compose(
        self, event: Event, kind: MailKind, user: User, token: OneTimeToken | None
    ) -> Mail:
        return Mail(
            id=event.id,
            kind=kind,
            to=user.email,
            name=user.full_name or user.username,
            username=user.username,
            token=self.token_service.mail_token(token.id, token.purpose)
            if token
            else None,
            expires_at=token.expires_at if token else None,
            at=event.at,
        )

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


def _names(event: Event) -> dict[str, str | int | None]:
    return {"kind": event.kind, "user_id": event.user_id, "event_id": event.id}
