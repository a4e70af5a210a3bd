"""Whose tokens are presented, and whether they still count."""

import logging
from dataclasses import dataclass

from core import errors
from core.event_factory import EventFactory
from core.identity.batched_lookups import BatchedLookups
from core.keys.token_service import TokenService
from core.model import Claims, EndReason, Identity, SessionId, TokenKind, UserId
from core.model.events import Actor, EventKind
from core.ports import Clock, SessionRepository
from core.refusals import tell_refusal

log = logging.getLogger(__name__)

OVER = "session or user is gone, ended or inactive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holders:
    """Every look at a session by one of its tokens; whoever is refused leaves a trace."""

    sessions: SessionRepository
    lookups: BatchedLookups
    token_service: TokenService
    clock: Clock
    events: EventFactory

    async def of_access_token(self, token: str | None) -> Identity:
        """Return whose token this is; raises one of ``NO_IDENTITY``."""
        if token is None:
            raise errors.NotAuthenticated
        claims = await self._access_claims(token)
        identity = await self._holder(claims, "Token refused", routine=True)
        if identity is None:
            raise errors.SessionEnded
        return identity

    async def of_refresh_token(self, token: str) -> Identity:
        """Return whose token this is, spent or not; raises InvalidRefreshToken."""
        claims = await self.refresh_claims(token)
        return await self.of_refresh_claims(claims)

    async def of_refresh_claims(self, claims: Claims) -> Identity:
        """Return whose claims these are; raises InvalidRefreshToken."""
        identity = await self._holder(claims, "Refresh token refused")
        if identity is None:
            raise errors.InvalidRefreshToken
        return identity

    async def refresh_claims(self, token: str) -> Claims:
        """Return what a refresh token says; raises InvalidRefreshToken."""
        refused, now = "Refresh token refused", self.clock.now()
        try:
            return await self.token_service.verify(token, TokenKind.REFRESH, now=now)
        except errors.ExpiredToken as expired:
            tell_refusal(refused, "expired", expired.user_id, routine=True)
        except errors.InvalidToken:
            tell_refusal(refused, "no refresh token of ours")
        raise errors.InvalidRefreshToken

    async def of_session(
        self, session_id: SessionId, user_id: UserId
    ) -> Identity | None:
        """Return a user's session and the user, None if its tokens count no more."""
        identity = await self.lookups.get(session_id)
        return None if await self._end_of(identity, user_id) else identity

    async def dismiss(self, user_id: UserId) -> None:
        """End all sessions of a user met inactive: else they revive when the user does."""
        now, reason = self.clock.now(), EndReason.USER_INACTIVE
        told = self.events.make(
            EventKind.SESSIONS_ENDED,
            now,
            Actor.SERVICE,
            user_id=user_id,
            data={"reason": reason},
        )
        if await self.sessions.end_of_inactive(user_id, at=now, events=[told]):
            log.info("Sessions of an inactive user ended", extra={"user_id": user_id})

    async def _holder(
        self, claims: Claims, refusal: str, *, routine: bool = False
    ) -> Identity | None:
        """Return whose claims these are, None if they count no more; the log says why."""
        identity = await self.lookups.get(claims.session_id)
        end = await self._end_of(identity, claims.user_id)
        if end is None:
            return identity
        tell_refusal(
            refusal,
            OVER,
            claims.user_id,
            routine=routine,
            session_id=claims.session_id,
            end_reason=end,
        )
        return None

    async def _end_of(self, identity: Identity | None, user_id: UserId) -> str | None:
        """Return why the tokens of a session count no more, None if they do."""
        if identity is None or identity.user.id != user_id:
            return "gone"
        if not identity.user.is_active:
            await self.dismiss(identity.user.id)
            return EndReason.USER_INACTIVE
        session = identity.session
        if session.is_live(self.clock.now()):
            return None
        return session.end_reason or "expired"

    async def _access_claims(self, token: str) -> Claims:
        try:
            return await self.token_service.verify(
                token, TokenKind.ACCESS, now=self.clock.now()
            )
        except errors.ExpiredToken as expired:
            tell_refusal("Token refused", "expired", expired.user_id, routine=True)
            raise
        except errors.InvalidToken:
            tell_refusal("Token refused", "no access token of ours")
            raise
