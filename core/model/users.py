"""Accounts, and who acts for them. Times are aware, UTC and exact to the millisecond."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

UserId: TypeAlias = int
"""1 to 2**53 - 1: published clients parse a JSON number."""

UNSAVED: UserId = 0
"""The id of a user that the storage has not numbered yet."""


class Role(StrEnum):
    """What a user may do."""

    USER = "user"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """
    Who somebody is to us; ``email`` and ``username`` are kept as typed.

    ``email_key`` is what ``EmailNormalizer`` makes of ``email``, unique among all users.

    ``stamp`` tells whether what was decided about a user still holds. It grows with every
    change that voids such a decision: of the password, ``role``, ``is_active`` or
    ``email_key``. It stays when an address is proved, and when a password is only hashed
    anew.
    """

    id: UserId = UNSAVED
    email: str
    email_key: str
    username: str
    full_name: str | None
    role: Role = Role.USER
    is_active: bool = True
    is_verified: bool = False
    stamp: int = 0
    created_at: datetime
    updated_at: datetime

    @property
    def username_key(self) -> str:
        """Unique among all users; usernames are ASCII."""
        return self.username.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """
    What a user proves to be themselves with; no part of ``User``, and shown at no door.

    Who has no password was invited, say, or is known to somebody else than us.
    """

    password_hash: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Account:
    """A user and their credentials, read at one moment."""

    user: User
    credentials: Credentials


@dataclass(frozen=True, slots=True)
class Client:
    """Who is calling: its address, as far as trusted proxies tell it, and its own label."""

    address: str
    label: str
