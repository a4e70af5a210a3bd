"""Tokens that are mailed: made, asked for, and read when they come back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core import errors
from core.event_factory import EventFactory
from core.keys.token_service import TokenService
from core.model import Client, OneTimeToken, Purpose, User, UserId
from core.model.events import Actor, EventKind
from core.ports import Clock, IdGenerator, Storage
from core.refusals import tell_refusal

REQUESTED = {
    Purpose.VERIFY_EMAIL: EventKind.VERIFICATION_REQUESTED,
    Purpose.RESET_PASSWORD: EventKind.PASSWORD_RESET_REQUESTED,
    Purpose.INVITATION: EventKind.INVITATION_REQUESTED,
}

REFUSED = {
    Purpose.VERIFY_EMAIL: "Verification refused",
    Purpose.RESET_PASSWORD: "Password reset refused",
    Purpose.INVITATION: "Invitation refused",
    Purpose.CHANGE_EMAIL: "Change of address refused",
    Purpose.UNDO_EMAIL: "Undo of a change of address refused",
}
"""What the log says of a mailed token that is no good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailedTokens:
    """Knows those that we mailed from those that somebody made up."""

    storage: Storage
    token_service: TokenService
    clock: Clock
    ids: IdGenerator
    events: EventFactory
    lives: Mapping[Purpose, timedelta]

    def new(
        self,
        user_id: UserId,
        purpose: Purpose,
        now: datetime,
        email: str | None = None,
    ) -> OneTimeToken:
        """Return a token, still to be stored."""
        expires_at = now + self.lives[purpose]
        token_id = self.ids.new_id()
        return OneTimeToken(token_id, user_id, purpose, expires_at, email=email)

    async def mail(
        self,
        user: User | None,
        purpose: Purpose,
        client: Client,
        actor: UserId | Actor = Actor.ANYONE,
    ) -> None:
        """Have a new token mailed, if to anybody; it voids older ones."""
        kind, now = REQUESTED[purpose], self.clock.now()
        if user is None:
            # As much to store as for a known address, so that time does not tell.
            told = self.events.make(kind, now, actor, client)
            await self.storage.events.append([told])
            return
        token = self.new(user.id, purpose, now)
        told = self.events.make(
            kind,
            now,
            actor,
            client,
            user_id=user.id,
            data={"token_id": token.id},
        )
        await self.storage.tokens.issue(token, events=[told])

    async def good(
        self, mail_token: str, purpose: Purpose, now: datetime
    ) -> OneTimeToken:
        """Return the token if it can be spent; raises InvalidMailToken, EmailAlreadyVerified."""
        try:
            token_id = self.token_service.open_mail_token(mail_token, purpose)
        except errors.InvalidMailToken:
            raise refused(purpose, "no token of ours") from None
        token = await self.storage.tokens.get(token_id)
        if token is None or token.purpose is not purpose:
            raise refused(purpose, "spent or void")
        if token.expires_at <= now:
            raise refused(purpose, "expired", token.user_id)
        if token.spent_at is None:
            return token
        owner = await self.storage.users.get(token.user_id)
        if purpose is Purpose.VERIFY_EMAIL and owner and owner.is_verified:
            tell_refusal(REFUSED[purpose], "verified already", owner.id, routine=True)
            raise errors.EmailAlreadyVerified
        raise refused(purpose, "spent", token.user_id)

    async def owner(self, mail_token: str, purpose: Purpose) -> User:
        """Return whose good token this is; raises what ``good`` raises."""
        token = await self.good(mail_token, purpose, self.clock.now())
        user = await self.storage.users.get(token.user_id)
        if user is None:
            raise errors.InvalidMailToken
        return user


def refused(
    purpose: Purpose, reason: str, user_id: UserId | None = None
) -> errors.InvalidMailToken:
    """Log a refusal of a mailed token, and return it."""
    tell_refusal(REFUSED[purpose], reason, user_id)
    return errors.InvalidMailToken()
