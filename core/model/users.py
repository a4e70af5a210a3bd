"""Accounts, and who acts for them. Times are aware, UTC and exact to the millisecond."""

import unicodedata
from collections.abc import Sequence
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


class Locale(StrEnum):
    """The languages of mails, as RFC 5646 has them."""

    EN = "en"
    DE = "de"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a user whom somebody else adds begins with, but for a password."""

    email: str
    username: str
    full_name: str | None = None
    role: Role = Role.USER
    locale: Locale | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """
    Who somebody is to us; ``email`` and ``username`` are kept as typed.

    ``email_key`` is what ``EmailNormalizer`` makes of ``email``, unique among all users.

    ``stamp`` tells whether what was decided about a user still holds. It grows with every
    change of a user, but for ``last_login_at``, and with every new password; it stays when
    a password is only hashed anew.

    ``locale`` is the language of their mails, None where they have no say in it.
    """

    id: UserId = UNSAVED
    email: str
    email_key: str
    username: str
    full_name: str | None
    role: Role = Role.USER
    is_active: bool = True
    is_verified: bool = False
    locale: Locale | None = None
    stamp: int = 0
    created_at: datetime
    updated_at: datetime
    last_login_at: datetime | None = None

    @property
    def username_key(self) -> str:
        """Unique among all users; usernames are ASCII."""
        return self.username.lower()

    @property
    def search_text(self) -> str:
        """What they are found by, a name a line, as ``searchable`` makes it."""
        names = (self.email, self.username, self.full_name or "")
        return searchable("\n".join(names))


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """
    What a user proves to be themselves with; no part of ``User``, and shown at no door.

    Who has no password was invited, say, or is known to somebody else than us.
    """

    password_hash: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Account:
    """
    A user and their credentials, read at one moment.

    ``devices`` are names of those they logged in from, the latest first.
    """

    user: User
    credentials: Credentials
    devices: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Client:
    """Who is calling: its address, as far as trusted proxies tell it, and its own label."""

    address: str
    label: str


def searchable(text: str) -> str:
    """Return the form in which texts are searched: NFC and lower case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())
