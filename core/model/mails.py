"""The mails that are sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from core.model.users import Locale


class MailKind(StrEnum):
    """The mails we send; each has a template of this name in every language."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    REUSE_DETECTED = "reuse_detected"
    INVITATION = "invitation"
    CHANGE_EMAIL = "change_email"
    """To the new address, which its token confirms."""
    EMAIL_CHANGED = "email_changed"
    """To the new address, that it counts from now on."""
    EMAIL_LEFT = "email_left"
    """To the address before; with a token that undoes the change, or with none."""
    NEW_SIGN_IN = "new_sign_in"
    ROLE_CHANGED = "role_changed"
    ACCOUNT_DELETED = "account_deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail to one person. ``id`` is the same however often it is sent."""

    id: str
    kind: MailKind
    to: str
    name: str
    """How to address them."""
    username: str
    """Which account it is about, beside the address."""
    locale: Locale | None = None
    """The reader's language; the service's where it is None."""
    token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    at: datetime
    """When the thing happened that the mail tells of."""
    details: Mapping[str, str] = field(default_factory=dict)
    """What else it tells, as the event has it: ``role``, ``device``, ``address``."""
