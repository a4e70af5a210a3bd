"""The nouns of the domain: records, and values. They know nothing but each other."""

from core.model.events import EventId
from core.model.limits import Attempt, Backoff, Limit, Quota, Trial
from core.model.mails import Mail, MailKind
from core.model.records import RecordKind
from core.model.sessions import EndReason, Identity, Session, SessionId
from core.model.signing_keys import UNTOLD, RevokedKey, SecretVersion, SigningKey
from core.model.tokens import Claims, Grant, OneTimeToken, Purpose, TokenId, TokenKind
from core.model.users import (
    UNSAVED,
    Account,
    Client,
    Credentials,
    Role,
    User,
    UserId,
)

__all__ = [
    "UNSAVED",
    "UNTOLD",
    "Account",
    "Attempt",
    "Backoff",
    "Claims",
    "Client",
    "Credentials",
    "EndReason",
    "EventId",
    "Grant",
    "Identity",
    "Limit",
    "Mail",
    "MailKind",
    "OneTimeToken",
    "Purpose",
    "Quota",
    "RecordKind",
    "RevokedKey",
    "Role",
    "SecretVersion",
    "Session",
    "SessionId",
    "SigningKey",
    "TokenId",
    "TokenKind",
    "Trial",
    "User",
    "UserId",
]
