"""What a token that was mailed is worth when it comes back."""

from dataclasses import dataclass
from datetime import datetime

from core import errors
from core.keys import Keys
from core.model import OneTimeToken, Purpose
from core.ports import Storage


@dataclass(frozen=True, slots=True)
class MailedTokens:
    """Knows those that we mailed from those that somebody made up."""

    storage: Storage
    keys: Keys

    async def good(
        self, mail_token: str, purpose: Purpose, now: datetime
    ) -> OneTimeToken:
        """Return the token if it can be spent; raises InvalidMailToken, EmailAlreadyVerified."""
        token = await self.storage.tokens.get(
            self.keys.open_mail_token(mail_token, purpose)
        )
        if token is None or token.purpose is not purpose or now >= token.expires_at:
            raise errors.InvalidMailToken
        if token.spent_at is None:
            return token
        owner = await self.storage.users.get(token.user_id)
        if purpose is Purpose.VERIFY_EMAIL and owner and owner.is_verified:
            raise errors.EmailAlreadyVerified
        raise errors.InvalidMailToken
