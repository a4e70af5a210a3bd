"""What a client gets for a log-in: a session, and the tokens of it."""

import logging
from dataclasses import dataclass
from datetime import datetime

from core.identity.session_rules import SessionRules
from core.keys.token_service import TokenService
from core.model import Claims, Client, Grant, Session, TokenKind, User, UserId
from core.ports import IdGenerator

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    """Begins sessions, and signs their tokens."""

    token_service: TokenService
    ids: IdGenerator
    rules: SessionRules

    def new_session(self, user_id: UserId, client: Client, now: datetime) -> Session:
        """Return a session that begins now, still to be stored."""
        return Session(
            id=self.ids.new_id(),
            user_id=user_id,
            created_at=now,
            last_used_at=now,
            expires_at=self.rules.expiry(opened=now, used=now),
            client=client,
        )

    async def grant(self, user: User, session: Session, now: datetime) -> Grant:
        """Return a new access token, and the session's current refresh token."""
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
            access_token=await self.token_service.sign(access),
            refresh_token=await self.token_service.sign(refresh),
            expires_in=int((expires_at - now).total_seconds()),
        )
        log.info(
            "Token generated",
            extra={"user_id": user.id, "session_id": session.id},
        )
        return grant
