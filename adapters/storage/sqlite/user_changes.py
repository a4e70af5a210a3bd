"""Changing and removing users, each as a part of the caller's transaction."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from sqlite3 import Connection

from adapters.storage.records import CHANGED
from adapters.storage.sqlite.events import record
from adapters.storage.sqlite.rows import USER, to_text
from adapters.storage.sqlite.sessions import end_sessions
from adapters.storage.sqlite.tokens import store, void
from adapters.storage.statements import compose
from core.errors import EmailTaken, LastAdmin, UsernameTaken
from core.model import Purpose, TokenId, User, UserChange, UserId
from core.model.events import Event

STAMP = "SELECT stamp FROM users WHERE id = ?"

CHANGE = compose(
    "UPDATE users SET $changes, stamp = stamp + 1 WHERE id = :id",
    changes=USER.changes(CHANGED),
)

# Behind it: where the text is the same, a trigger makes it that of a user whom somebody
# renamed who does not know of it.
KEEP_TEXT = """
UPDATE users SET search_text = :search_text WHERE id = :id AND search_text <> :search_text
"""

SPEND = """
DELETE FROM one_time_tokens
WHERE id = ? AND user_id = ? AND spent_at IS NULL AND expires_at > ?
"""

UNVERIFIED = """
SELECT users.id FROM users JOIN one_time_tokens AS token ON token.user_id = users.id
WHERE token.id = :token_id AND purpose = :purpose
    AND expires_at > :at AND spent_at IS NULL AND NOT is_verified AND role <> 'admin'
"""

ADMINISTRATORS = """
SELECT id FROM users INDEXED BY users_flags
WHERE role = 'admin' AND is_active = TRUE AND password_hash IS NOT NULL LIMIT 2
"""

REMOVALS = (
    "DELETE FROM sessions WHERE user_id = ?",
    "DELETE FROM one_time_tokens WHERE user_id = ?",
    "DELETE FROM users WHERE id = ?",
)

FORGET = (
    "UPDATE events SET address = NULL, label = NULL, data = '{}' WHERE user_id = :id",
    "UPDATE events SET address = NULL, label = NULL WHERE actor = CAST(:id AS TEXT)",
)


def change_user(db: Connection, change: UserChange, events: Sequence[Event]) -> bool:
    """Tell whether the user was changed."""
    after = change.after
    if not _has_stamp(db, after.id, change.before.stamp):
        return False
    if change.spends and not _spend(db, change.spends, after):
        return False
    administrators = _administrators(db)
    values = USER.values(after)
    try:
        db.execute(CHANGE, values)
    except sqlite3.IntegrityError:
        raise clash(db, after) from None
    db.execute(KEEP_TEXT, values)
    _demand_one_of(administrators, db)
    _follow(db, change)
    record(db, events)
    return True


def remove_user(
    db: Connection, user_id: UserId, stamp: int | None, events: Sequence[Event]
) -> bool:
    """Tell whether the user was removed."""
    if not _has_stamp(db, user_id, stamp):
        return False
    administrators = _administrators(db)
    _delete(db, user_id)
    _demand_one_of(administrators, db)
    record(db, events)
    return True


def remove_unverified_user(
    db: Connection, token_id: TokenId, at: datetime, events: Sequence[Event]
) -> bool:
    """Tell whether the user was removed whose token this is."""
    values = {"token_id": token_id, "purpose": Purpose.VERIFY_EMAIL, "at": to_text(at)}
    found = db.execute(UNVERIFIED, values).fetchall()
    for (user_id,) in found:
        _delete(db, user_id)
        record(db, events)
    return bool(found)


def clash(db: Connection, user: User) -> EmailTaken | UsernameTaken:
    # SQLite names one index only, and not always the same where both names are taken.
    same_email = db.execute(
        "SELECT 1 FROM users WHERE email_key = ? AND id <> ?", (user.email_key, user.id)
    ).fetchall()
    return EmailTaken() if same_email else UsernameTaken()


def _delete(db: Connection, user_id: UserId) -> None:
    for removal in REMOVALS:
        db.execute(removal, (user_id,))
    for statement in FORGET:
        db.execute(statement, {"id": user_id})


def _has_stamp(db: Connection, user_id: UserId, stamp: int | None) -> bool:
    row = db.execute(STAMP, (user_id,)).fetchone()
    return row is not None and stamp in {None, row[0]}


def _spend(db: Connection, token_id: TokenId, after: User) -> bool:
    values = (token_id, after.id, to_text(after.updated_at))
    return db.execute(SPEND, values).rowcount > 0


def _administrators(db: Connection) -> set[UserId]:
    """Return two of those who can administer, if there are two."""
    return {user_id for (user_id,) in db.execute(ADMINISTRATORS)}


def _demand_one_of(before: set[UserId], db: Connection) -> None:
    """Raise ``LastAdmin`` if there was an administrator, and now is none."""
    if before and not _administrators(db):
        raise LastAdmin


def _follow(db: Connection, change: UserChange) -> None:
    """Do what happens with a change."""
    user_id, at = change.after.id, change.after.updated_at
    if change.ends_sessions:
        end_sessions(db, user_id, at=at, reason=change.ends_sessions)
    new = change.issues
    for purpose in change.voids | ({new.purpose} if new else set()):
        void(db, user_id, purpose)
    if new is not None:
        store(db, new)
