"""
Every record and its columns, for all storages.

A new column is a line here, a field of the class in the core, and a migration of each
storage; docs/recipes.md has an example.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.storage.columns import Column, Record
from core.model import (
    Account,
    Client,
    Credentials,
    Identity,
    OneTimeToken,
    RecordKind,
    RevokedKey,
    Session,
    Tally,
    User,
)
from core.model.events import Delivery, Event, StoredEvent

USER = Record(
    "users",
    User,
    "id",
    "email",
    "email_key",
    "username",
    Column("username_key", derived=True),
    "full_name",
    "role",
    "is_active",
    "is_verified",
    "locale",
    Column("stamp", default=0),
    "created_at",
    "updated_at",
    "last_login_at",
    Column("search_text", derived=True),
)

LASTING = frozenset({"id", "stamp", "created_at", "last_login_at"})
"""What of a user no change sets, or not as it is told."""

CHANGED = [it.name for it in USER.written if it.name not in LASTING]
"""The columns of a user that a change sets, those that follow from others, too."""

CREDENTIALS = Record("users", Credentials, "password_hash")

ACCOUNT = Record(
    "users",
    Account,
    Column("devices", default=()),
    user=USER,
    credentials=CREDENTIALS,
)

CLIENT = Record("sessions", Client, "address", "label")

SESSION = Record(
    "sessions",
    Session,
    "id",
    "user_id",
    "generation",
    "rotations",
    "created_at",
    "last_used_at",
    "expires_at",
    "ended_at",
    "end_reason",
    client=CLIENT,
)

REFRESHED = (
    "generation",
    "rotations",
    "last_used_at",
    "expires_at",
    "address",
    "label",
)
"""The columns of a session that a refresh changes."""

IDENTITY = Record("sessions", Identity, session=SESSION, user=USER)

TOKEN = Record(
    "one_time_tokens",
    OneTimeToken,
    "id",
    "user_id",
    "purpose",
    "expires_at",
    "spent_at",
    "email",
)

EVENT = Record(
    "events",
    Event,
    "id",
    "kind",
    "at",
    "user_id",
    "session_id",
    "actor",
    "address",
    "label",
    "data",
)

STORED_EVENT = Record("events", StoredEvent, "attempts", "due_at", event=EVENT)

DELIVERY = Record("events", Delivery, Column("attempts", of="attempt"), event=EVENT)

REVOKED_KEY = Record("revoked_keys", RevokedKey, "kid", "at")

TALLY = Record("tallies", Tally, "id", "amount")


LEAST = -(2**63)
"""Before every number that a database counts with: operators number from where they like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """All records of a kind, in an order that never changes."""

    record: Record[Any]
    key: str = "id"
    order: str = "id"
    before: int | str = ""
    """What is less than any of ``order``."""

    def begin(self, after: str | None) -> int | str:
        """Return behind what the page of this cursor begins."""
        return self.before if after is None else type(self.before)(after)


KEPT: Mapping[RecordKind, Kept] = {
    RecordKind.USERS: Kept(record=ACCOUNT, before=LEAST),
    RecordKind.SESSIONS: Kept(record=SESSION),
    RecordKind.TOKENS: Kept(record=TOKEN),
    RecordKind.EVENTS: Kept(record=STORED_EVENT, order="seq", before=LEAST),
    RecordKind.REVOCATIONS: Kept(record=REVOKED_KEY, key="kid", order="kid"),
    RecordKind.TALLIES: Kept(record=TALLY),
}
