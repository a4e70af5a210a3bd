"""What a token that was mailed is worth when it comes back."""

from dataclasses import dataclass
from datetime import datetime

from core import errors
from core.keys import Keys
from core.model import OneTimeToken, Purpose, UserId
from core.ports import Storage
from core.refusals import tell_refusal

REFUSED = {
    Purpose.VERIFY_EMAIL: "Verification refused",
    Purpose.RESET_PASSWORD: "Password reset refused",
}
"""What the log says of a mailed token that is no good."""


@dataclass(frozen=True, slots=True)
class MailedTokens:
    """Knows those that we mailed from those that somebody made up."""

    storage: Storage
    keys: Keys

    async def good(
        self, mail_token: str, purpose: Purpose, now: datetime
    ) -> OneTimeToken:
        """Return the token if it can be spent; raises InvalidMailToken, EmailAlreadyVerified."""
        try:
            token_id = self.keys.open_mail_token(mail_token, purpose)
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


def refused(
    purpose: Purpose, reason: str, user_id: UserId | None = None
) -> errors.InvalidMailToken:
    """Log a refusal of a mailed token, and return it."""
    tell_refusal(REFUSED[purpose], reason, user_id)
    return errors.InvalidMailToken()
