"""Accounts: registering them, and finding them."""

from dataclasses import dataclass, replace

from core import errors
from core.event_factory import EventFactory
from core.identity.day_counter import DayCounter
from core.identity.mailed_tokens import MailedTokens
from core.model import (
    UNSAVED,
    Client,
    Credentials,
    Locale,
    Purpose,
    TallyKind,
    User,
)
from core.model.events import Actor, EventKind
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
    counter: DayCounter
    clock: Clock
    events: EventFactory

    async def register(  # noqa: PLR0913 - the port's
        self,
        *,
        email: str,
        username: str,
        password: str,
        full_name: str | None,
        locale: Locale | None,
        client: Client,
    ) -> User:
        credentials = await self._credentials(password)
        user = self._new_user(email, username, full_name)
        user = replace(user, locale=locale)
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
            added = await self.users.add(user, credentials, token=token, events=[event])
        except (errors.EmailTaken, errors.UsernameTaken) as taken:
            tell_refusal("Registration refused", taken.code, routine=True)
            raise
        self.counter.count(TallyKind.REGISTRATIONS)
        return added

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
