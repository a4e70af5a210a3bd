"""Resetting a password by a token that was mailed."""

from dataclasses import dataclass

from core.event_factory import EventFactory
from core.identity.mailed_tokens import MailedTokens, refused
from core.identity.throttle import Throttle
from core.model import Client, Purpose, User
from core.model.events import EventKind
from core.ports import (
    Clock,
    EmailNormalizer,
    PasswordHasher,
    PasswordPolicy,
    UserRepository,
)
from core.ports.driving import PasswordReset


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordResets(PasswordReset):
    """Use cases of who forgot the password and has the mailbox."""

    users: UserRepository
    emails: EmailNormalizer
    throttle: Throttle
    hasher: PasswordHasher
    policy: PasswordPolicy
    tokens: MailedTokens
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
        self.policy.demand(new_password)
        now = self.clock.now()
        token = await self.tokens.good(mail_token, Purpose.RESET_PASSWORD, now)
        new_hash = await self.hasher.hash(new_password)
        owner = token.user_id
        event = self.events.make(
            EventKind.PASSWORD_RESET, now, owner, client, user_id=owner
        )
        user = await self.users.reset_password(
            token.id, new_hash=new_hash, at=now, events=[event]
        )
        if user is None:
            raise refused(token.purpose, "spent or void meanwhile", owner)
        await self.throttle.trust(user.email_key, client)
        return user
