"""Proving the e-mail address of an account, or that somebody else made the account."""

from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from core import errors
from core.event_factory import EventFactory
from core.identity.holders import Holders
from core.identity.mailed_tokens import MailedTokens, refused
from core.identity.throttle import Throttle
from core.model import Client, EventFilter, Purpose, User, UserId
from core.model.events import Actor, EventKind
from core.ports import Clock, EmailNormalizer, UserRepository
from core.ports.driving import EmailVerification


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifications(EmailVerification):
    """Use cases around the token that is mailed to a new user."""

    users: UserRepository
    emails: EmailNormalizer
    throttle: Throttle
    tokens: MailedTokens
    holders: Holders
    clock: Clock
    events: EventFactory

    async def request(self, email: str, client: Client) -> None:
        email_key = self.emails.key(email)
        if not await self.throttle.may_mail(email_key, Purpose.VERIFY_EMAIL):
            return
        user = await self.users.by_email(email_key)
        addressee = user if user and user.is_active and not user.is_verified else None
        await self.tokens.mail(addressee, Purpose.VERIFY_EMAIL, client)

    async def owner(self, mail_token: str) -> User:
        user = await self.tokens.owner(mail_token, Purpose.VERIFY_EMAIL)
        if user.is_verified:
            raise errors.EmailAlreadyVerified
        return user

    async def verify(self, mail_token: str, client: Client) -> User:
        now = self.clock.now()
        token = await self.tokens.good(mail_token, Purpose.VERIFY_EMAIL, now)
        owner = token.user_id
        event = self.events.make(
            EventKind.EMAIL_VERIFIED, now, owner, client, user_id=owner
        )
        user = await self.users.verify_email(token.id, at=now, events=[event])
        if user is None:
            await self._lost_to_another(mail_token, now)
        if not user.is_active:
            await self.holders.dismiss(user.id)
        return user

    async def reject(self, mail_token: str, client: Client) -> None:
        now = self.clock.now()
        token = await self.tokens.good(mail_token, Purpose.VERIFY_EMAIL, now)
        if await self._is_established(token.user_id):
            raise refused(token.purpose, "of an account with a history", token.user_id)
        event = self.events.make(
            EventKind.USER_REJECTED, now, Actor.ANYONE, client, user_id=token.user_id
        )
        if not await self.users.remove_unverified(token.id, at=now, events=[event]):
            await self._lost_to_another(mail_token, now)

    async def _is_established(self, user_id: UserId) -> bool:
        """
        Tell whether somebody has given the account another address since it was made.

        Whoever has that mailbox by an administrator's slip has not made the account, either,
        and must not be able to remove what is somebody's.
        """
        wanted = EventFilter(user_id=user_id, kind=EventKind.EMAIL_CHANGED)
        log = self.tokens.storage.events
        return bool((await log.find(wanted, after=None, limit=1, count_to=0)).items)

    async def _lost_to_another(self, mail_token: str, now: datetime) -> NoReturn:
        """Raise what became of a token that was good a moment ago."""
        await self.tokens.good(mail_token, Purpose.VERIFY_EMAIL, now)
        raise errors.EmailAlreadyVerified
