"""
What the core asks of the world; what the doors may ask of it is in ``driving``.

Every method is one atomic step: it does all it says, or nothing and raises. A method
that changes state takes the events that tell of it and stores them in the same step.
Any storage method may raise ``Unavailable``; nothing else but what its law names.
"""

from core.ports.crypto import (
    CALLER,
    KeyParser,
    PasswordHasher,
    PasswordPolicy,
    TokenSigner,
    TokenVerifier,
)
from core.ports.records import EventLog, KeyRevocations, OneTimeTokens, Statistics
from core.ports.services import (
    Clock,
    DeviceNames,
    EmailNormalizer,
    Figure,
    IdGenerator,
    Mailer,
    Metrics,
    RateLimiter,
    SecretProvider,
)
from core.ports.sessions import SessionRepository
from core.ports.storage import Archive, Pooled, Record, Storage
from core.ports.users import UserRepository

__all__ = [
    "CALLER",
    "Archive",
    "Clock",
    "DeviceNames",
    "EmailNormalizer",
    "EventLog",
    "Figure",
    "IdGenerator",
    "KeyParser",
    "KeyRevocations",
    "Mailer",
    "Metrics",
    "OneTimeTokens",
    "PasswordHasher",
    "PasswordPolicy",
    "Pooled",
    "RateLimiter",
    "Record",
    "SecretProvider",
    "SessionRepository",
    "Statistics",
    "Storage",
    "TokenSigner",
    "TokenVerifier",
    "UserRepository",
]
