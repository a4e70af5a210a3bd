"""The kinds of what is stored."""

from enum import StrEnum


class RecordKind(StrEnum):
    """The kinds of records in a store, in the order in which they can be written."""

    USERS = "users"
    SESSIONS = "sessions"
    TOKENS = "tokens"
    EVENTS = "events"
    REVOCATIONS = "revocations"
    TALLIES = "tallies"
