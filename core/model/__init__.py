"""The nouns of the domain: records, and values. They know nothing but each other."""

from core.model.callers import Caller, Operator, SignedIn
from core.model.changes import UserChange, UserEdit
from core.model.events import EventId
from core.model.limits import Attempt, Backoff, Limit, Quota, Trial
from core.model.mails import Mail, MailKind
from core.model.pools import PoolUse
from core.model.records import RecordKind
from core.model.searches import (
    EventFilter,
    Found,
    Place,
    UserFilter,
    UserOrder,
    UserSort,
)
from core.model.sessions import EndReason, Identity, Session, SessionId
from core.model.signing_keys import UNTOLD, RevokedKey, SecretVersion, SigningKey
from core.model.statistics import Tally, TallyKind, UserCounts
from core.model.tokens import (
    VOIDED_BY_RESET,
    Claims,
    Grant,
    OneTimeToken,
    Purpose,
    TokenId,
    TokenKind,
)
from core.model.users import (
    UNSAVED,
    Account,
    Client,
    Credentials,
    Locale,
    Profile,
    Role,
    User,
    UserId,
    searchable,
)

__all__ = [
    "UNSAVED",
    "UNTOLD",
    "VOIDED_BY_RESET",
    "Account",
    "Attempt",
    "Backoff",
    "Caller",
    "Claims",
    "Client",
    "Credentials",
    "EndReason",
    "EventFilter",
    "EventId",
    "Found",
    "Grant",
    "Identity",
    "Limit",
    "Locale",
    "Mail",
    "MailKind",
    "OneTimeToken",
    "Operator",
    "Place",
    "PoolUse",
    "Profile",
    "Purpose",
    "Quota",
    "RecordKind",
    "RevokedKey",
    "Role",
    "SecretVersion",
    "Session",
    "SessionId",
    "SignedIn",
    "SigningKey",
    "Tally",
    "TallyKind",
    "TokenId",
    "TokenKind",
    "Trial",
    "User",
    "UserChange",
    "UserCounts",
    "UserEdit",
    "UserFilter",
    "UserId",
    "UserOrder",
    "UserSort",
    "searchable",
]
