"""What the mails say that events ask for, and whom they are for."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.keys.token_service import TokenService
from core.model import Locale, Mail, MailKind, OneTimeToken, User
from core.model.events import Event, EventKind
from core.ports import Clock, EmailNormalizer, Storage

MAILS = {
    EventKind.USER_REGISTERED: MailKind.VERIFY_EMAIL,
    EventKind.VERIFICATION_REQUESTED: MailKind.VERIFY_EMAIL,
    EventKind.PASSWORD_RESET_REQUESTED: MailKind.RESET_PASSWORD,
    EventKind.USER_INVITED: MailKind.INVITATION,
    EventKind.INVITATION_REQUESTED: MailKind.INVITATION,
    EventKind.EMAIL_CHANGE_REQUESTED: MailKind.CHANGE_EMAIL,
    EventKind.EMAIL_CHANGED: MailKind.EMAIL_CHANGED,
    EventKind.EMAIL_LEFT: MailKind.EMAIL_LEFT,
    EventKind.PASSWORD_CHANGED: MailKind.PASSWORD_CHANGED,
    EventKind.PASSWORD_RESET: MailKind.PASSWORD_CHANGED,
    EventKind.REUSE_DETECTED: MailKind.REUSE_DETECTED,
    EventKind.DEVICE_ADDED: MailKind.NEW_SIGN_IN,
    EventKind.ROLE_CHANGED: MailKind.ROLE_CHANGED,
    EventKind.USER_DELETED: MailKind.ACCOUNT_DELETED,
}

NEED_TOKEN = frozenset(
    {
        MailKind.VERIFY_EMAIL,
        MailKind.RESET_PASSWORD,
        MailKind.INVITATION,
        MailKind.CHANGE_EMAIL,
    }
)
"""Nothing but a way to spend a token."""

WARNINGS = frozenset(
    {
        EventKind.PASSWORD_CHANGED,
        EventKind.PASSWORD_RESET,
        EventKind.REUSE_DETECTED,
        EventKind.EMAIL_CHANGED,
        EventKind.DEVICE_ADDED,
        EventKind.ROLE_CHANGED,
    }
)
"""
Asked for by nobody, and so never for an address that is not proven.

``EMAIL_LEFT`` is told of a proven address only, and ``USER_DELETED`` says whether it was one:
of those addresses the user's record knows nothing any more.
"""

TOLD = {
    EventKind.DEVICE_ADDED: ("device",),
    EventKind.ROLE_CHANGED: ("role",),
}
"""What of an event's data its mail tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailComposer:
    """Composes mails of what is true by the time they go out."""

    storage: Storage
    emails: EmailNormalizer
    token_service: TokenService
    clock: Clock

    async def mail(self, event: Event) -> Mail | None:
        """Return the mail; None where nobody is to be told, or the token is void by now."""
        if event.kind is EventKind.USER_DELETED:
            return _farewell(event)
        user = event.user_id and await self.storage.users.get(event.user_id)
        if not user:
            return None
        kind, token = MAILS[event.kind], await self._token(event)
        to = self._reader(event, user, token)
        if to is None or (token is None and kind in NEED_TOKEN):
            return None
        return Mail(
            id=event.id,
            kind=kind,
            to=to,
            name=user.full_name or user.username,
            username=user.username,
            locale=user.locale,
            token=self.token_service.mail_token(token.id, token.purpose)
            if token
            else None,
            expires_at=token.expires_at if token else None,
            at=event.at,
            details=_details(event),
        )

    async def _token(self, event: Event) -> OneTimeToken | None:
        token_id = event.data.get("token_id")
        token = await self.storage.tokens.get(token_id) if token_id else None
        return token if token and token.is_good(self.clock.now()) else None

    def _reader(
        self, event: Event, user: User, token: OneTimeToken | None
    ) -> str | None:
        if event.kind is EventKind.EMAIL_CHANGE_REQUESTED:
            return token.email if token else None
        if event.kind is EventKind.EMAIL_LEFT:
            left = event.data.get("old_email")
            return left if left and not self._has(user, left) else None
        if event.kind in WARNINGS and not user.is_verified:
            return None
        if event.kind is EventKind.EMAIL_CHANGED:
            is_theirs = self._has(user, event.data.get("email", ""))
            return user.email if is_theirs else None
        return user.email

    def _has(self, user: User, email: str) -> bool:
        return self.emails.key(email) == user.email_key


def _details(event: Event) -> Mapping[str, str]:
    details = {name: event.data.get(name, "") for name in TOLD.get(event.kind, ())}
    if event.kind is EventKind.DEVICE_ADDED:
        details["address"] = event.address or ""
    return details


def _farewell(event: Event) -> Mail | None:
    """Return the mail to who is gone: the event alone still knows them."""
    known = event.data
    if known.get("verified") != "true":
        return None
    locale = known.get("locale")
    return Mail(
        id=event.id,
        kind=MAILS[event.kind],
        to=known["email"],
        name=known["name"],
        username=known["username"],
        locale=Locale(locale) if locale in set(Locale) else None,
        at=event.at,
    )
