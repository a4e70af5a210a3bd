"""Tokens: those that are mailed, what a JWT says, and what a log-in gives."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from core.model.sessions import SessionId
from core.model.users import Role, User, UserId

TokenId: TypeAlias = str


class Purpose(StrEnum):
    """What a mailed token is good for."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105
    INVITATION = "invitation"
    CHANGE_EMAIL = "change_email"
    UNDO_EMAIL = "undo_email"


VOIDED_BY_RESET = frozenset(
    {Purpose.RESET_PASSWORD, Purpose.INVITATION, Purpose.CHANGE_EMAIL}
)
"""Whoever asked for another address knew the password that a reset is to get rid of."""


@dataclass(frozen=True, slots=True)
class OneTimeToken:
    """
    A token that is mailed and can be spent once. The mail carries more than this id.

    ``email`` is what a change of address, or its undo, makes the user's.
    """

    id: TokenId
    user_id: UserId
    purpose: Purpose
    expires_at: datetime
    spent_at: datetime | None = None
    email: str | None = None

    def is_good(self, now: datetime) -> bool:
        """Tell whether it can still be spent."""
        return self.spent_at is None and now < self.expires_at


class TokenKind(StrEnum):
    """The two kinds of JWT, by their ``typ`` header (RFC 9068 section 2.1 for the first)."""

    ACCESS = "at+jwt"
    REFRESH = "rt+jwt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a JWT says. ``role`` is for access tokens, ``generation`` for refresh tokens."""

    kind: TokenKind
    token_id: str
    user_id: UserId
    session_id: SessionId
    issued_at: datetime
    expires_at: datetime
    role: Role | None = None
    generation: int | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What a client gets for a log-in or a refresh; ``expires_in`` is in seconds."""

    user: User
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
