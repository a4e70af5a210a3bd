"""Accounts: registering, proving the e-mail address, and the password's life."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core import errors
from core.events import Event, EventKind
from core.guard import Guard
from core.keys import Keys
from core.model import (
    UNSAVED,
    Client,
    Identity,
    OneTimeToken,
    Purpose,
    Role,
    User,
    UserId,
)
from core.passwords import PasswordPolicy
from core.ports import AddressForm, Clock, IdGenerator, PasswordHasher, Storage


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Use cases around an account. A mail is asked for by an event, and sent by the outbox."""

    storage: Storage
    addresses: AddressForm
    guard: Guard
    hasher: PasswordHasher
    policy: PasswordPolicy
    keys: Keys
    clock: Clock
    ids: IdGenerator
    verification_life: timedelta
    reset_life: timedelta

    async def register(
        self, *, email: str, username: str, password: str, full_name: str | None
    ) -> User:
        """Add a user and mail the address to prove; raises EmailTaken, UsernameTaken."""
        user = await self._new_user(email, username, password, full_name)
        token = self._token(UNSAVED, Purpose.VERIFY_EMAIL, user.created_at)
        event = self._event(EventKind.USER_REGISTERED, UNSAVED, user.created_at, token)
        return await self.storage.users.add(user, token=token, events=[event])

    async def create_admin(
        self, *, email: str, username: str, password: str, full_name: str | None
    ) -> User:
        """Add an administrator, taken to be verified; for the operator's console."""
        user = await self._new_user(email, username, password, full_name)
        admin = replace(user, role=Role.ADMIN, is_verified=True)
        event = self._event(EventKind.ADMIN_CREATED, UNSAVED, admin.created_at)
        return await self.storage.users.add(admin, token=None, events=[event])

    async def of_email(self, email: str) -> User | None:
        """Return whose address this is, None if nobody's; for the operator's console."""
        return await self.storage.users.by_email(self.addresses.key(email))

    async def verify_email(self, mail_token: str) -> User:
        """Spend a mailed token and mark its user verified; raises InvalidMailToken."""
        now = self.clock.now()
        token = await self._mailed(mail_token, Purpose.VERIFY_EMAIL, now)
        event = self._event(EventKind.EMAIL_VERIFIED, token.user_id, now)
        user = await self.storage.users.verify_email(token.id, at=now, events=[event])
        if user is None:
            raise errors.InvalidMailToken
        return user

    async def resend_verification(self, email: str) -> None:
        """Mail a new token if there is something to prove; nobody learns whether."""
        email_key = self.addresses.key(email)
        if not await self.guard.may_mail(email_key, Purpose.VERIFY_EMAIL):
            return
        user = await self.storage.users.by_email(email_key)
        addressee = user if user and user.is_active and not user.is_verified else None
        await self._mail_token(
            addressee, Purpose.VERIFY_EMAIL, EventKind.VERIFICATION_REQUESTED
        )

    async def request_password_reset(self, email: str) -> None:
        """Mail a reset token if the address is somebody's; nobody learns whether."""
        email_key = self.addresses.key(email)
        if not await self.guard.may_mail(email_key, Purpose.RESET_PASSWORD):
            return
        user = await self.storage.users.by_email(email_key)
        addressee = user if user and user.is_active else None
        await self._mail_token(
            addressee, Purpose.RESET_PASSWORD, EventKind.PASSWORD_RESET_REQUESTED
        )

    async def reset_password(
        self, mail_token: str, new_password: str, client: Client
    ) -> User:
        """
        Spend a mailed token on a new password; all sessions end.

        The client can log in then, whatever strangers did. Raises InvalidMailToken.
        """
        self.policy.demand(new_password)
        now = self.clock.now()
        token = await self._mailed(mail_token, Purpose.RESET_PASSWORD, now)
        new_hash = await self.hasher.hash(new_password)
        event = self._event(EventKind.PASSWORD_RESET, token.user_id, now)
        user = await self.storage.users.reset_password(
            token.id, new_hash=new_hash, at=now, events=[event]
        )
        if user is None:
            raise errors.InvalidMailToken
        await self.guard.vouch(user.email_key, client)
        return user

    async def change_password(
        self,
        identity: Identity,
        *,
        current_password: str,
        new_password: str,
        client: Client,
    ) -> None:
        """
        Replace the password; all other sessions end.

        Raises WrongCurrentPassword, and TooManyAttempts: who has got hold of an access
        token must not be able to guess, either.
        """
        self.policy.demand(new_password)
        async with self.guard.trial(identity.user.email_key, client):
            await self._change_password(identity, current_password, new_password)

    async def _change_password(
        self, identity: Identity, current_password: str, new_password: str
    ) -> None:
        user = identity.user
        if not await self.hasher.verify(current_password, user.password_hash):
            raise errors.WrongCurrentPassword
        now = self.clock.now()
        changed = await self.storage.users.change_password(
            user.id,
            old_hash=user.password_hash,
            new_hash=await self.hasher.hash(new_password),
            keep=identity.session.id,
            at=now,
            events=[self._event(EventKind.PASSWORD_CHANGED, user.id, now)],
        )
        if changed:
            return
        # The hash was replaced while we checked it: the password has to stand the new
        # test, which it does if a log-in only hashed it anew.
        latest = await self.storage.users.get(user.id)
        if latest is None:
            raise errors.SessionEnded
        await self._change_password(
            replace(identity, user=latest), current_password, new_password
        )

    async def _new_user(
        self, email: str, username: str, password: str, full_name: str | None
    ) -> User:
        self.policy.demand(password)
        password_hash = await self.hasher.hash(password)
        now = self.clock.now()
        return User(
            email=email,
            email_key=self.addresses.key(email),
            username=username,
            full_name=full_name,
            password_hash=password_hash,
            created_at=now,
            updated_at=now,
        )

    async def _mail_token(
        self, user: User | None, purpose: Purpose, kind: EventKind
    ) -> None:
        now = self.clock.now()
        if user is None:
            # As much to store as for a known address, so that time does not tell.
            await self.storage.events.append([self._event(kind, None, now)])
            return
        token = self._token(user.id, purpose, now)
        event = self._event(kind, user.id, now, token)
        await self.storage.tokens.issue(token, events=[event])

    async def _mailed(
        self, mail_token: str, purpose: Purpose, now: datetime
    ) -> OneTimeToken:
        token_id = self.keys.open_mail_token(mail_token, purpose)
        token = await self.storage.tokens.get(token_id)
        if token is None or token.purpose is not purpose or token.expires_at <= now:
            raise errors.InvalidMailToken
        return token

    def _token(self, user_id: UserId, purpose: Purpose, now: datetime) -> OneTimeToken:
        reset = purpose is Purpose.RESET_PASSWORD
        life = self.reset_life if reset else self.verification_life
        return OneTimeToken(self.ids.new_id(), user_id, purpose, now + life)

    def _event(
        self,
        kind: EventKind,
        user_id: UserId | None,
        now: datetime,
        token: OneTimeToken | None = None,
    ) -> Event:
        data = {"token_id": token.id} if token else {}
        return Event(
            id=self.ids.new_id(), kind=kind, at=now, user_id=user_id, data=data
        )
