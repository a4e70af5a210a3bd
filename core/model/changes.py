"""What is to become of a user."""

from dataclasses import dataclass
from typing import TypedDict

from core.model.sessions import EndReason
from core.model.tokens import OneTimeToken, Purpose, TokenId
from core.model.users import Locale, Role, User


class UserEdit(TypedDict, total=False):
    """What somebody wants to change of a user: what is missing stays."""

    email: str
    username: str
    full_name: str | None
    role: Role
    is_active: bool
    is_verified: bool
    locale: Locale | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChange:
    """
    A change of a user, and all that has to happen with it.

    ``before`` is what it was decided on; ``after`` has the same id, and its ``updated_at``
    is the time of the change. All sessions end with ``ends_sessions``, if that is a reason;
    mailed tokens are void whose purpose ``voids`` names, then ``issues`` is stored in the
    place of older ones of its purpose. ``spends`` is a token without which nothing happens.
    """

    before: User
    after: User
    ends_sessions: EndReason | None = None
    voids: frozenset[Purpose] = frozenset()
    issues: OneTimeToken | None = None
    spends: TokenId | None = None
