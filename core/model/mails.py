"""The mails that are sent."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class MailKind(StrEnum):
    """The mails we send; each has a text and an HTML template of this name."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    REUSE_DETECTED = "reuse_detected"


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
    token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    at: datetime
    """When the thing happened that the mail tells of."""
