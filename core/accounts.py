"""Accounts: registering, proving the e-mail address, and the password's life."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NoReturn

from core import errors
from core.event_factory import Actor, EventFactory
from core.events import EventKind
from core.grants import Grant
from core.guard import Guard
from core.keys import Keys
from core.mailed import MailedTokens, refused
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
from core.password_change import PasswordChange
from core.passwords import PasswordPolicy
from core.ports import AddressForm, Clock, IdGenerator, PasswordHasher, Storage
from core.refusals import tell_refusal


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
    password_change: PasswordChange
    events: EventFactory
    verification_life: timedelta
    reset_life: timedelta

    async def register(
        self,
        *,
        email: str,
        username: str,
        password: str,
        full_name: str | None,
        client: Client,
    ) -> User:
        """Add a user and mail the address to prove; raises EmailTaken, UsernameTaken."""
        user = await self._new_user(email, username, password, full_name)
        token = self._token(UNSAVED, Purpose.VERIFY_EMAIL, user.created_at)
        event = self.events.make(
            EventKind.USER_REGISTERED,
            user.created_at,
            Actor.ANYONE,
            client,
            user_id=UNSAVED,
            data={"token_id": token.id},
        )
        try:
            return await self.storage.users.add(user, token=token, events=[event])
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
        user = await self._new_user(email, username, password, full_name)
        admin = replace(user, role=Role.ADMIN, is_verified=True)
        event = self.events.make(
            EventKind.ADMIN_CREATED,
            admin.created_at,
            Actor.OPERATOR,
            operator,
            user_id=UNSAVED,
        )
        return await self.storage.users.add(admin, token=None, events=[event])

    async def of_email(self, email: str) -> User | None:
        """Return whose address this is, None if nobody's; for the operator's console."""
        return await self.storage.users.by_email(self.addresses.key(email))

    async def asked_to_verify(self, mail_token: str) -> User:
        """
        Return whose address a mailed token would prove, and change nothing.

        Raises InvalidMailToken, EmailAlreadyVerified.
        """
        user = await self._owner(mail_token, Purpose.VERIFY_EMAIL)
        if user.is_verified:
            raise errors.EmailAlreadyVerified
        return user

    async def verify_email(self, mail_token: str, client: Client) -> User:
        """
        Spend a mailed token and mark its user verified.

        Raises InvalidMailToken, EmailAlreadyVerified.
        """
        now = self.clock.now()
        token = await self._mailed(mail_token, Purpose.VERIFY_EMAIL, now)
        owner = token.user_id
        event = self.events.make(
            EventKind.EMAIL_VERIFIED, now, owner, client, user_id=owner
        )
        user = await self.storage.users.verify_email(token.id, at=now, events=[event])
        return user or await self._lost_to_another(mail_token, now)

    async def reject(self, mail_token: str, client: Client) -> None:
        """
        Spend a mailed token on removing the account that it would verify.

        Whoever has the mailbox says that somebody else made it. Sessions end, address and
        name are free. Raises InvalidMailToken, EmailAlreadyVerified.
        """
        now = self.clock.now()
        token = await self._mailed(mail_token, Purpose.VERIFY_EMAIL, now)
        event = self.events.make(
            EventKind.USER_REJECTED, now, Actor.ANYONE, client, user_id=token.user_id
        )
        removed = self.storage.users.remove_unverified(token.id, at=now, events=[event])
        if not await removed:
            await self._lost_to_another(mail_token, now)

    async def resend_verification(self, email: str, client: Client) -> None:
        """Mail a new token if there is something to prove; nobody learns whether."""
        email_key = self.addresses.key(email)
        if not await self.guard.may_mail(email_key, Purpose.VERIFY_EMAIL):
            return
        user = await self.storage.users.by_email(email_key)
        addressee = user if user and user.is_active and not user.is_verified else None
        await self._mail_token(
            addressee, Purpose.VERIFY_EMAIL, EventKind.VERIFICATION_REQUESTED, client
        )

    async def request_password_reset(self, email: str, client: Client) -> None:
        """Mail a reset token if the address is somebody's; nobody learns whether."""
        email_key = self.addresses.key(email)
        if not await self.guard.may_mail(email_key, Purpose.RESET_PASSWORD):
            return
        user = await self.storage.users.by_email(email_key)
        addressee = user if user and user.is_active else None
        await self._mail_token(
            addressee,
            Purpose.RESET_PASSWORD,
            EventKind.PASSWORD_RESET_REQUESTED,
            client,
        )

    async def asked_to_reset(self, mail_token: str) -> User:
        """Return whose password a mailed token would reset; raises InvalidMailToken."""
        return await self._owner(mail_token, Purpose.RESET_PASSWORD)

    async def reset_password(
        self, mail_token: str, new_password: str, client: Client
    ) -> User:
        """
        Spend a mailed token on a new password; all sessions end.

        The address is proved by it. The client can log in then, whatever strangers did.
        Raises InvalidMailToken.
        """
        self.policy.demand(new_password)
        now = self.clock.now()
        token = await self._mailed(mail_token, Purpose.RESET_PASSWORD, now)
        new_hash = await self.hasher.hash(new_password)
        owner = token.user_id
        event = self.events.make(
            EventKind.PASSWORD_RESET, now, owner, client, user_id=owner
        )
        user = await self.storage.users.reset_password(
            token.id, new_hash=new_hash, at=now, events=[event]
        )
        if user is None:
            raise refused(token.purpose, "spent or void meanwhile", owner)
        await self.guard.vouch(user.email_key, client)
        return user

    async def change_password(
        self,
        identity: Identity,
        *,
        current_password: str,
        new_password: str,
        client: Client,
    ) -> Grant:
        """
        Replace the password, end all sessions, and return tokens of a new one.

        So a copy of the caller's tokens is worth nothing either. A reset that was mailed
        stays good: the mailbox outranks the password. Raises WrongCurrentPassword,
        SessionEnded, and TooManyAttempts: who has got hold of an access token must not be
        able to guess, either.
        """
        self.policy.demand(new_password)
        user = identity.user
        async with self.guard.trial(user.email_key, client, user.id):
            return await self.password_change.run(
                identity, current_password, new_password, client
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
        self, user: User | None, purpose: Purpose, kind: EventKind, client: Client
    ) -> None:
        now = self.clock.now()
        if user is None:
            # As much to store as for a known address, so that time does not tell.
            told = self.events.make(kind, now, Actor.ANYONE, client)
            await self.storage.events.append([told])
            return
        token = self._token(user.id, purpose, now)
        told = self.events.make(
            kind,
            now,
            Actor.ANYONE,
            client,
            user_id=user.id,
            data={"token_id": token.id},
        )
        await self.storage.tokens.issue(token, events=[told])

    async def _owner(self, mail_token: str, purpose: Purpose) -> User:
        token = await self._mailed(mail_token, purpose, self.clock.now())
        user = await self.storage.users.get(token.user_id)
        if user is None:
            raise errors.InvalidMailToken
        return user

    async def _mailed(
        self, mail_token: str, purpose: Purpose, now: datetime
    ) -> OneTimeToken:
        return await MailedTokens(self.storage, self.keys).good(
            mail_token, purpose, now
        )

    async def _lost_to_another(self, mail_token: str, now: datetime) -> NoReturn:
        """Raise what became of a verification token that was good a moment ago."""
        await self._mailed(mail_token, Purpose.VERIFY_EMAIL, now)
        raise errors.EmailAlreadyVerified

    def _token(self, user_id: UserId, purpose: Purpose, now: datetime) -> OneTimeToken:
        reset = purpose is Purpose.RESET_PASSWORD
        life = self.reset_life if reset else self.verification_life
        return OneTimeToken(self.ids.new_id(), user_id, purpose, now + life)
