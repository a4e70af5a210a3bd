"""Resetting a password by a token that was mailed."""

from dataclasses import dataclass

from core.event_factory import EventFactory
from core.identity.day_counter import DayCounter
from core.identity.mailed_tokens import MailedTokens, refused
from core.identity.throttle import Throttle
from core.model import Client, Purpose, TallyKind, User
from core.model.events import EventKind
from core.ports import (
    Clock,
    EmailNormalizer,
    PasswordHasher,
    PasswordPolicy,
    UserRepository,
)
from core.ports.driving import PasswordReset

SPENT = {
    Purpose.RESET_PASSWORD: EventKind.PASSWORD_RESET,
    Purpose.INVITATION: EventKind.INVITATION_ACCEPTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordResets(PasswordReset):
    """Use cases of who forgot the password and has the mailbox."""

    users: UserRepository
    emails: EmailNormalizer
    throttle: Throttle
    hasher: PasswordHasher
    policy: PasswordPolicy
    tokens: MailedTokens
    counter: DayCounter
    clock: Clock
    events: EventFactory

    async def request(self, email: str, client: Client) -> None:
        email_key = self.emails.key(email)
        if not await self.throttle.may_mail(email_key, Purpose.RESET_PASSWORD):
            return
        user = await self.users.by_email(email_key)
        addressee = user if user and user.is_active else None
        await self.tokens.mail(addressee, Purpose.RESET_PASSWORD, client)

    async def owner(self, mail_token: str) -> User:
        return await self.tokens.owner(mail_token, Purpose.RESET_PASSWORD)

    async def reset(self, mail_token: str, new_password: str, client: Client) -> User:
        user = await self.spend(
            mail_token, Purpose.RESET_PASSWORD, new_password, client
        )
        self.counter.count(TallyKind.RESETS)
        return user

    async def spend(
        self, mail_token: str, purpose: Purpose, new_password: str, client: Client
    ) -> User:
        """Spend a token of this purpose on a new password; raises as ``reset``."""
        self.policy.demand(new_password)
        now = self.clock.now()
        token = await self.tokens.good(mail_token, purpose, now)
        new_hash = await self.hasher.hash(new_password)
        owner = token.user_id
        event = self.events.make(SPENT[purpose], now, owner, client, user_id=owner)
        user = await self.users.reset_password(
            token.id, purpose=token.purpose, new_hash=new_hash, at=now, events=[event]
        )
        if user is None:
            raise refused(token.purpose, "spent or void meanwhile", owner)
        await self.throttle.trust(user.email_key, client)
        return user
