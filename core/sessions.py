"""Log-ins: opening, refreshing, identifying and ending them."""

import logging
from dataclasses import dataclass, field
from datetime import datetime

from core import errors
from core.events import Event, EventKind
from core.guard import Guard
from core.identities import Identities
from core.keys import Keys
from core.model import (
    Claims,
    Client,
    EndReason,
    Identity,
    Session,
    TokenKind,
    User,
)
from core.ports import (
    AddressForm,
    Clock,
    IdGenerator,
    PasswordHasher,
    SessionRepository,
    UserRepository,
)
from core.rotation import SessionRules

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a client gets for a log-in or a refresh; ``expires_in`` is in seconds."""

    user: User
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """Use cases around a log-in."""

    users: UserRepository
    addresses: AddressForm
    sessions: SessionRepository
    identities: Identities
    guard: Guard
    hasher: PasswordHasher
    keys: Keys
    clock: Clock
    ids: IdGenerator
    rules: SessionRules

    async def log_in(self, *, email: str, password: str, client: Client) -> Grant:
        """
        Open a session.

        Raises InvalidCredentials, AccountInactive, EmailNotVerified, TooManyAttempts.
        """
        email_key = self.addresses.key(email)
        async with self.guard.trial(email_key, client):
            return await self._log_in(email_key, password, client)

    async def refresh(self, refresh_token: str) -> Grant:
        """
        Return the session's current refresh token, and a new access token.

        Raises InvalidRefreshToken, TooManyAttempts.
        """
        claims = await self._refresh_claims(refresh_token, self.clock.now())
        await self.guard.count_refresh(claims.session_id)
        return await self._refresh(claims)

    async def identify(self, access_token: str) -> Identity:
        """Return whose token this is; raises InvalidToken, ExpiredToken, SessionEnded."""
        now = self.clock.now()
        claims = await self.keys.verify(access_token, TokenKind.ACCESS, now=now)
        identity = await self._live(claims, now)
        if identity is None:
            raise errors.SessionEnded
        return identity

    async def log_out(self, identity: Identity, refresh_token: str | None) -> None:
        """End this session, and the one of the refresh token if that is the user's too."""
        await self._end(identity.session)
        if refresh_token is None:
            return
        now = self.clock.now()
        try:
            claims = await self._refresh_claims(refresh_token, now)
        except errors.InvalidRefreshToken:
            return  # nothing of this user's to end
        other = await self._live(claims, now)
        if other is not None and other.user.id == identity.user.id:
            await self._end(other.session)

    async def log_out_everywhere(self, identity: Identity) -> int:
        """End all the user's sessions; return how many those were."""
        now = self.clock.now()
        return await self.sessions.end_all(
            identity.user.id,
            at=now,
            reason=EndReason.LOGGED_OUT_EVERYWHERE,
            events=[self._event(EventKind.SESSIONS_ENDED, identity.session, now)],
        )

    async def _log_in(self, email_key: str, password: str, client: Client) -> Grant:
        user = await self._authenticated(email_key, password)
        now = self.clock.now()
        session = Session(
            id=self.ids.new_id(),
            user_id=user.id,
            created_at=now,
            last_used_at=now,
            expires_at=self.rules.expiry(opened=now, used=now),
            client=client,
        )
        opened = self._event(EventKind.SESSION_OPENED, session, now)
        if not await self.sessions.open(
            session, password_hash=user.password_hash, events=[opened]
        ):
            # The password was replaced while we checked it: it has to stand the new test.
            return await self._log_in(email_key, password, client)
        await self._rehash_if_stale(user, password)
        return await self._grant(user, session, now)

    async def _refresh(self, claims: Claims) -> Grant:
        now = self.clock.now()
        identity = await self._live(claims, now)
        if identity is None:
            raise errors.InvalidRefreshToken
        session = identity.session
        if claims.generation == session.generation:
            session = self.rules.rotated(session, now)
            if not await self.sessions.advance(session):
                # Another caller was first; what the token is worth now is told anew.
                return await self._refresh(claims)
        elif not self.rules.tolerate(session, claims.generation or 0, now):
            await self._end_as_stolen(session, now)
            raise errors.InvalidRefreshToken
        return await self._grant(identity.user, session, now)

    async def _authenticated(self, email_key: str, password: str) -> User:
        user = await self.users.by_email(email_key)
        stored = user.password_hash if user else None
        matches = await self.hasher.verify(password, stored)
        if user is None or not matches:
            reason = "wrong password" if user else "unknown e-mail"
            self._log_refusal(user, reason)
            raise errors.InvalidCredentials
        if not user.is_active:
            self._log_refusal(user, "inactive")
            raise errors.AccountInactive
        if self.rules.require_verified_email and not user.is_verified:
            self._log_refusal(user, "unverified")
            raise errors.EmailNotVerified
        return user

    def _log_refusal(self, user: User | None, reason: str) -> None:
        log.warning(
            "Login failed",
            extra={"reason": reason, "user_id": user.id if user else None},
        )

    async def _rehash_if_stale(self, user: User, password: str) -> None:
        if not self.hasher.is_stale(user.password_hash):
            return
        try:
            fresh = await self.hasher.hash(password)
        except errors.Overloaded:
            return  # the log-in is good; the next one will do
        await self.users.replace_hash(
            user.id, old_hash=user.password_hash, new_hash=fresh
        )

    async def _refresh_claims(self, token: str, now: datetime) -> Claims:
        try:
            return await self.keys.verify(token, TokenKind.REFRESH, now=now)
        except (errors.InvalidToken, errors.ExpiredToken):
            raise errors.InvalidRefreshToken from None

    async def _live(self, claims: Claims, now: datetime) -> Identity | None:
        identity = await self.identities.get(claims.session_id)
        if identity is None or identity.user.id != claims.user_id:
            return None
        live = identity.session.is_live(now) and identity.user.is_active
        return identity if live else None

    async def _end_as_stolen(self, session: Session, now: datetime) -> None:
        log.warning(
            "Refresh token reuse detected, session ended",
            extra={"user_id": session.user_id, "session_id": session.id},
        )
        await self.sessions.end(
            session.id,
            at=now,
            reason=EndReason.REUSE_DETECTED,
            events=[self._event(EventKind.REUSE_DETECTED, session, now)],
        )

    async def _end(self, session: Session) -> None:
        now = self.clock.now()
        await self.sessions.end(
            session.id,
            at=now,
            reason=EndReason.LOGGED_OUT,
            events=[self._event(EventKind.SESSION_ENDED, session, now)],
        )

    async def _grant(self, user: User, session: Session, now: datetime) -> Grant:
        expires_at = min(now + self.rules.access_life, session.expires_at)
        access = Claims(
            kind=TokenKind.ACCESS,
            token_id=self.ids.new_id(),
            user_id=user.id,
            session_id=session.id,
            issued_at=now,
            expires_at=expires_at,
            role=user.role,
        )
        # Nothing here is new at each call, so that all who ask get the same token.
        refresh = Claims(
            kind=TokenKind.REFRESH,
            token_id=f"{session.id}.{session.generation:06}",
            user_id=user.id,
            session_id=session.id,
            issued_at=session.rotations[-1]
            if session.rotations
            else session.created_at,
            expires_at=session.expires_at,
            generation=session.generation,
        )
        grant = Grant(
            user=user,
            access_token=await self.keys.sign(access),
            refresh_token=await self.keys.sign(refresh),
            expires_in=int((expires_at - now).total_seconds()),
        )
        log.info(
            "Token generated",
            extra={"user_id": user.id, "session_id": session.id},
        )
        return grant

    def _event(self, kind: EventKind, session: Session, now: datetime) -> Event:
        return Event(
            id=self.ids.new_id(),
            kind=kind,
            at=now,
            user_id=session.user_id,
            session_id=session.id,
            data={"address": session.client.address, "client": session.client.label},
        )
