"""Accounts: registering them, and finding them."""

from dataclasses import dataclass, replace

from core import errors
from core.event_factory import Actor, EventFactory
from core.identity.mailed_tokens import MailedTokens
from core.model import UNSAVED, Client, Credentials, Purpose, Role, User
from core.model.events import EventKind
from core.ports import (
    Clock,
    EmailNormalizer,
    PasswordHasher,
    PasswordPolicy,
    UserRepository,
)
from core.ports.driving import Registration
from core.refusals import tell_refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts(Registration):
    """How accounts begin. A mail is asked for by an event, and sent by the outbox."""

    users: UserRepository
    emails: EmailNormalizer
    hasher: PasswordHasher
    policy: PasswordPolicy
    tokens: MailedTokens
    clock: Clock
    events: EventFactory

    async def register(
        self,
        *,
        email: str,
        username: str,
        password: str,
        full_name: str | None,
        client: Client,
    ) -> User:
        credentials = await self._credentials(password)
        user = self._new_user(email, username, full_name)
        token = self.tokens.new(UNSAVED, Purpose.VERIFY_EMAIL, user.created_at)
        event = self.events.make(
            EventKind.USER_REGISTERED,
            user.created_at,
            Actor.ANYONE,
            client,
            user_id=UNSAVED,
            data={"token_id": token.id},
        )
        try:
            return await self.users.add(user, credentials, token=token, events=[event])
        except (errors.EmailTaken, errors.UsernameTaken) as taken:
            tell_refusal("Registration refused", taken.code, routine=True)
            raise

    async def create_admin(
        self,
        *,
        email: str,
        username: str,
        password: str,
        full_name: str | None,
        operator: Client,
    ) -> User:
        """Add an administrator, taken to be verified; for the operator's console."""
        credentials = await self._credentials(password)
        user = self._new_user(email, username, full_name)
        admin = replace(user, role=Role.ADMIN, is_verified=True)
        event = self.events.make(
            EventKind.ADMIN_CREATED,
            admin.created_at,
            Actor.OPERATOR,
            operator,
            user_id=UNSAVED,
        )
        return await self.users.add(admin, credentials, token=None, events=[event])

    async def of_email(self, email: str) -> User | None:
        """Return whose address this is, None if nobody's; for the operator's console."""
        return await self.users.by_email(self.emails.key(email))

    async def _credentials(self, password: str) -> Credentials:
        self.policy.demand(password)
        return Credentials(password_hash=await self.hasher.hash(password))

    def _new_user(self, email: str, username: str, full_name: str | None) -> User:
        now = self.clock.now()
        return User(
            email=email,
            email_key=self.emails.key(email),
            username=username,
            full_name=full_name,
            created_at=now,
            updated_at=now,
        )
