"""Changing a password, whatever else happens meanwhile."""

from dataclasses import dataclass

from core import errors
from core.event_factory import EventFactory
from core.identity.grants import Grants
from core.identity.holders import Holders
from core.identity.throttle import Throttle
from core.model import Client, Grant, Identity
from core.model.events import EventKind
from core.ports import Clock, PasswordHasher, PasswordPolicy, UserRepository
from core.ports.driving import PasswordChange
from core.refusals import tell_refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanges(PasswordChange):
    """Replaces a password, and all sessions by a new one."""

    users: UserRepository
    holders: Holders
    throttle: Throttle
    hasher: PasswordHasher
    policy: PasswordPolicy
    clock: Clock
    grants: Grants
    events: EventFactory

    async def change(
        self,
        identity: Identity,
        *,
        current_password: str,
        new_password: str,
        client: Client,
    ) -> Grant:
        self.policy.demand(new_password)
        user = identity.user
        # Who has got hold of an access token must not be able to guess, either.
        async with self.throttle.trial(user.email_key, client, user.id):
            return await self._change(identity, current_password, new_password, client)

    async def _change(
        self,
        identity: Identity,
        current_password: str,
        new_password: str,
        client: Client,
    ) -> Grant:
        user, old_session = identity.user, identity.session.id
        account = await self.users.account(user.id)
        stored = account.credentials.password_hash if account else None
        if not await self.hasher.verify(current_password, stored):
            reason = "wrong current password"
            tell_refusal("Password change refused", reason, user.id)
            raise errors.WrongCurrentPassword
        new_hash = await self.hasher.hash(new_password)
        now = self.clock.now()
        successor = self.grants.new_session(user.id, client, now)
        told = [
            self.events.make(
                kind, now, user.id, client, user_id=user.id, session_id=session_id
            )
            for kind, session_id in (
                (EventKind.PASSWORD_CHANGED, old_session),
                (EventKind.SESSION_OPENED, successor.id),
            )
        ]
        if await self.users.change_password(
            user.id,
            stamp=user.stamp,
            new_hash=new_hash,
            renews=old_session,
            successor=successor,
            at=now,
            events=told,
        ):
            return await self.grants.grant(user, successor, now)
        # What we checked was changed meanwhile: all of it has to stand the new test.
        latest = await self.holders.of_session(old_session, user.id)
        if latest is None:
            raise errors.SessionEnded
        return await self._change(latest, current_password, new_password, client)
