"""Log-ins: opening, refreshing, identifying and ending them."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from core import errors
from core.event_factory import EventFactory
from core.identity.day_counter import DayCounter
from core.identity.grants import Grants
from core.identity.holders import Holders
from core.identity.session_rules import SessionRules
from core.identity.throttle import Throttle
from core.model import (
    Account,
    Claims,
    Client,
    EndReason,
    Grant,
    Identity,
    Session,
    TallyKind,
)
from core.model.events import Actor, Event, EventKind
from core.ports import (
    Clock,
    DeviceNames,
    EmailNormalizer,
    Metrics,
    PasswordHasher,
    SessionRepository,
    UserRepository,
)
from core.ports.driving import NO_IDENTITY, Identification, SessionManagement
from core.refusals import counted, tell_refusal

log = logging.getLogger(__name__)

DEVICES_KEPT = 50
"""Of a user: more than anybody has, and few enough to be read with the password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions(SessionManagement, Identification):
    """Use cases around a log-in."""

    users: UserRepository
    emails: EmailNormalizer
    sessions: SessionRepository
    holders: Holders
    throttle: Throttle
    hasher: PasswordHasher
    clock: Clock
    device_names: DeviceNames
    counter: DayCounter
    grants: Grants
    events: EventFactory
    metrics: Metrics
    rules: SessionRules

    async def log_in(self, *, email: str, password: str, client: Client) -> Grant:
        email_key = self.emails.key(email)
        try:
            with counted(self.metrics, "log_ins"):
                async with self.throttle.trial(email_key, client):
                    grant = await self._log_in(email_key, password, client)
        except errors.InvalidCredentials:
            self.counter.count(TallyKind.FAILURES)
            raise
        self.counter.count(TallyKind.LOGINS)
        return grant

    async def refresh(self, refresh_token: str, client: Client) -> Grant:
        with counted(self.metrics, "refreshes"):
            claims = await self.holders.refresh_claims(refresh_token)
            await self.throttle.count_refresh(claims.session_id, claims.user_id)
            return await self._refresh(claims, client)

    async def identify(self, access_token: str | None) -> Identity:
        return await self.holders.of_access_token(access_token)

    async def log_out(
        self, access_token: str | None, refresh_token: str | None, client: Client
    ) -> None:
        other = await self._holder(refresh_token) if refresh_token else None
        try:
            identity = await self.identify(access_token)
        except NO_IDENTITY:
            if other is None:
                raise
            identity = other
        await self._end(identity.session, client)
        if other is None or other.session.id == identity.session.id:
            return
        if other.user.id == identity.user.id:
            await self._end(other.session, client)

    async def log_out_everywhere(self, identity: Identity, client: Client) -> int:
        now = self.clock.now()
        told = self._event(EventKind.SESSIONS_ENDED, identity.session, now, client)
        return await self.sessions.end_all(
            identity.user.id,
            at=now,
            reason=EndReason.LOGGED_OUT_EVERYWHERE,
            events=[told],
        )

    async def _log_in(self, email_key: str, password: str, client: Client) -> Grant:
        account = await self._authenticated(email_key, password)
        user = account.user
        now = self.clock.now()
        session = self.grants.new_session(user.id, client, now)
        devices = self._devices(account, client)
        if not await self.sessions.open(
            session,
            stamp=user.stamp,
            devices=devices,
            events=self._opened(account, session, devices[0]),
        ):
            # What we checked was changed meanwhile: all of it has to stand the new test.
            return await self._log_in(email_key, password, client)
        await self._rehash_if_stale(account, password)
        return await self.grants.grant(user, session, now)

    def _devices(self, account: Account, client: Client) -> list[str]:
        """Return the devices of an account, the one that is here first."""
        name = self.device_names.name(client.label)
        others = [device for device in account.devices if device != name]
        return [name, *others][:DEVICES_KEPT]

    def _opened(self, account: Account, session: Session, device: str) -> list[Event]:
        now, client = session.created_at, session.client
        told = [self._event(EventKind.SESSION_OPENED, session, now, client)]
        is_new = account.devices and device not in account.devices
        if is_new and self.rules.notify_new_sign_in:
            what = {"device": device}
            told.append(self._event(EventKind.DEVICE_ADDED, session, now, client, what))
        return told

    async def _refresh(self, claims: Claims, client: Client) -> Grant:
        identity = await self.holders.of_refresh_claims(claims)
        now = self.clock.now()
        session = identity.session
        is_current = claims.generation == session.generation
        if not is_current and not self.rules.tolerate(
            session, claims.generation or 0, now
        ):
            await self._end_as_stolen(session, now, client)
            raise errors.InvalidRefreshToken
        after = self.rules.rotated(session, now) if is_current else session
        if client != session.client:
            after = replace(after, client=client)
        if after != session and not await self._store(session, after, now):
            # Another caller was first; what the token is worth now is told anew.
            return await self._refresh(claims, client)
        return await self.grants.grant(identity.user, after, now)

    async def _store(self, before: Session, after: Session, now: datetime) -> bool:
        """Store what a refresh changes; tell whether nobody was faster."""
        events = self._changes_of_client(before, after, now)
        if after.generation != before.generation:
            return await self.sessions.advance(after, events=events)
        return await self.sessions.note_client(
            after.id, old=before.client, new=after.client, events=events
        )

    async def _holder(self, refresh_token: str) -> Identity | None:
        try:
            return await self.holders.of_refresh_token(refresh_token)
        except errors.InvalidRefreshToken:
            return None

    async def _authenticated(self, email_key: str, password: str) -> Account:
        account = await self.users.account_by_email(email_key)
        stored = account.credentials.password_hash if account else None
        matches = await self.hasher.verify(password, stored)
        if account is None or not matches:
            reason = "wrong password" if account else "unknown e-mail"
            tell_refusal("Login failed", reason, account.user.id if account else None)
            raise errors.InvalidCredentials
        user = account.user
        if not user.is_active:
            tell_refusal("Login failed", "inactive", user.id)
            await self.holders.dismiss(user.id)
            raise errors.AccountInactive
        if self.rules.require_verified_email and not user.is_verified:
            tell_refusal("Login failed", "unverified", user.id)
            raise errors.EmailNotVerified
        return account

    async def _rehash_if_stale(self, account: Account, password: str) -> None:
        stored = account.credentials.password_hash
        if stored is None or not self.hasher.is_stale(stored):
            return
        try:
            fresh = await self.hasher.hash(password)
        except errors.Overloaded:
            return  # the log-in is good; the next one will do
        user = account.user
        await self.users.replace_hash(
            user.id, stamp=user.stamp, old_hash=stored, new_hash=fresh
        )

    async def _end_as_stolen(
        self, session: Session, now: datetime, client: Client
    ) -> None:
        log.warning(
            "Refresh token reuse detected, session ended",
            extra={
                "reason": "spent token",
                "user_id": session.user_id,
                "session_id": session.id,
            },
        )
        self.metrics.count("refresh_reuses")
        told = self.events.make(
            EventKind.REUSE_DETECTED,
            now,
            Actor.ANYONE,
            client,
            user_id=session.user_id,
            session_id=session.id,
            data=_latest(session),
        )
        await self.sessions.end(
            session.id, at=now, reason=EndReason.REUSE_DETECTED, events=[told]
        )

    async def _end(self, session: Session, client: Client) -> None:
        now = self.clock.now()
        await self.sessions.end(
            session.id,
            at=now,
            reason=EndReason.LOGGED_OUT,
            events=[self._event(EventKind.SESSION_ENDED, session, now, client)],
        )

    def _changes_of_client(
        self, before: Session, after: Session, now: datetime
    ) -> list[Event]:
        # A label of another program is worth telling; addresses change all day.
        if before.client.label == after.client.label:
            return []
        kind = EventKind.CLIENT_CHANGED
        return [self._event(kind, after, now, after.client, _latest(before))]

    def _event(
        self,
        kind: EventKind,
        session: Session,
        now: datetime,
        client: Client,
        data: Mapping[str, str] | None = None,
    ) -> Event:
        return self.events.make(
            kind,
            now,
            session.user_id,
            client,
            user_id=session.user_id,
            session_id=session.id,
            data=data,
        )


def _latest(session: Session) -> dict[str, str]:
    """Return who came before, as events tell it."""
    return {"old_address": session.client.address, "old_client": session.client.label}
