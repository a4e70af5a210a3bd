"""Accounts that somebody makes for somebody else."""

from dataclasses import dataclass

from core.event_factory import EventFactory
from core.identity.mailed_tokens import MailedTokens
from core.identity.user_changes import actor_of
from core.model import (
    UNSAVED,
    Caller,
    Credentials,
    OneTimeToken,
    Profile,
    Purpose,
    Role,
    User,
)
from core.model.events import EventKind
from core.ports import (
    Clock,
    EmailNormalizer,
    PasswordHasher,
    PasswordPolicy,
    UserRepository,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomers:
    """Adds users, with a password or with an invitation to set one; raises if names are taken."""

    users: UserRepository
    emails: EmailNormalizer
    hasher: PasswordHasher
    policy: PasswordPolicy
    tokens: MailedTokens
    clock: Clock
    events: EventFactory

    async def invite(self, by: Caller, profile: Profile) -> User:
        """Add a user without a password, and mail an invitation."""
        user = self._user(profile, is_verified=False)
        token = self.tokens.new(UNSAVED, Purpose.INVITATION, user.created_at)
        return await self._add(by, user, EventKind.USER_INVITED, token=token)

    async def create(self, by: Caller, profile: Profile, password: str) -> User:
        """Add a user with a password, whose address counts as verified."""
        self.policy.demand(password)
        password_hash = await self.hasher.hash(password)
        user = self._user(profile, is_verified=True)
        is_admin = profile.role is Role.ADMIN
        kind = EventKind.ADMIN_CREATED if is_admin else EventKind.USER_CREATED
        return await self._add(by, user, kind, password_hash=password_hash)

    async def _add(
        self,
        by: Caller,
        user: User,
        kind: EventKind,
        *,
        password_hash: str | None = None,
        token: OneTimeToken | None = None,
    ) -> User:
        event = self.events.make(
            kind,
            user.created_at,
            actor_of(by),
            by.client,
            user_id=UNSAVED,
            data={"role": user.role, **({"token_id": token.id} if token else {})},
        )
        credentials = Credentials(password_hash=password_hash)
        return await self.users.add(user, credentials, token=token, events=[event])

    def _user(self, profile: Profile, *, is_verified: bool) -> User:
        now = self.clock.now()
        return User(
            email=profile.email,
            email_key=self.emails.key(profile.email),
            username=profile.username,
            full_name=profile.full_name,
            role=profile.role,
            locale=profile.locale,
            is_verified=is_verified,
            created_at=now,
            updated_at=now,
        )
