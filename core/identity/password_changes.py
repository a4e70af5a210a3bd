"""Changing a password, whatever else happens meanwhile."""

from dataclasses import dataclass
from datetime import datetime

from core import errors
from core.event_factory import EventFactory
from core.identity.grants import Grants
from core.identity.holders import Holders
from core.identity.reauthentication import Reauthentication
from core.identity.throttle import Throttle
from core.model import Client, Grant, Identity, Session, SessionId
from core.model.events import Event, EventKind
from core.ports import Clock, PasswordHasher, PasswordPolicy, UserRepository
from core.ports.driving import PasswordChange


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanges(PasswordChange):
    """Replaces a password, and all sessions by a new one."""

    users: UserRepository
    holders: Holders
    reauthentication: Reauthentication
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
        if account is not None and account.user.stamp == user.stamp:
            refusal = "Password change refused"
            await self.reauthentication.check(account, current_password, refusal)
            new_hash = await self.hasher.hash(new_password)
            now = self.clock.now()
            successor = self.grants.new_session(user.id, client, now)
            if await self.users.change_password(
                user.id,
                stamp=user.stamp,
                new_hash=new_hash,
                renews=old_session,
                successor=successor,
                at=now,
                events=self._told(old_session, successor, now, client),
            ):
                return await self.grants.grant(user, successor, now)
        # What we know was changed meanwhile: all of it has to stand the new test.
        latest = await self.holders.of_session(old_session, user.id)
        if latest is None:
            raise errors.SessionEnded
        return await self._change(latest, current_password, new_password, client)

    def _told(
        self, old: SessionId, successor: Session, now: datetime, client: Client
    ) -> list[Event]:
        user_id = successor.user_id
        return [
            self.events.make(
                kind, now, user_id, client, user_id=user_id, session_id=session_id
            )
            for kind, session_id in (
                (EventKind.PASSWORD_CHANGED, old),
                (EventKind.SESSION_OPENED, successor.id),
            )
        ]
