"""What administrators change and remove, in Postgres."""

from collections.abc import Sequence

from adapters.storage.postgres.connection import (
    Connection,
    Values,
    fetch,
    first,
    transaction,
)
from adapters.storage.postgres.events import LOCK as WAIT_FOR_EVENTS
from adapters.storage.postgres.events import record
from adapters.storage.postgres.rows import TOKEN, USER
from adapters.storage.postgres.sessions import ALL, END_ALL
from adapters.storage.postgres.user_statements import LOCK_NAMES, REMOVALS
from adapters.storage.records import CHANGED
from adapters.storage.statements import compose
from core.errors import EmailTaken, LastAdmin, UsernameTaken
from core.model import Role, User, UserChange, UserId
from core.model.events import Event

# Who would take an administrator away waits for others who would, before any other lock.
LOCK_ADMINS = "SELECT pg_advisory_xact_lock(7310541, 3)"

ADMIN = compose("role = 'admin' AND is_active AND password_hash IS NOT NULL")

IS_LAST_ADMIN = compose(
    """
$admin AND NOT EXISTS (SELECT FROM users WHERE $admin AND id <> %(id)s)
""",
    admin=ADMIN,
)

# Nobody may begin to refer to whose keys may change, or who is removed. What is taken and
# who is the last is sure by the locks before this statement.
LOOK = compose(
    """
SELECT $is_last,
    EXISTS (SELECT FROM users WHERE email_key = %(email_key)s AND id <> %(id)s),
    EXISTS (SELECT FROM users WHERE username_key = %(username_key)s AND id <> %(id)s)
FROM users WHERE id = %(id)s AND stamp = %(stamp)s FOR UPDATE
""",
    is_last=IS_LAST_ADMIN,
)

LOOK_TO_REMOVE = compose(
    """
SELECT $is_last FROM users
WHERE id = %(id)s AND stamp = coalesce(%(stamp)s::integer, stamp) FOR UPDATE
""",
    is_last=IS_LAST_ADMIN,
)

SPEND = """
DELETE FROM one_time_tokens
WHERE id = %(token_id)s AND user_id = %(id)s AND spent_at IS NULL
    AND expires_at > %(updated_at)s
RETURNING id
"""

VOID = "DELETE FROM one_time_tokens WHERE user_id = %(id)s AND purpose = ANY(%(void)s)"

CHANGE = compose(
    """
UPDATE users SET $changes, stamp = stamp + 1 WHERE id = %(id)s RETURNING $user
""",
    changes=USER.changes(CHANGED),
    user=USER.columns,
)

# Where only the case differs, the trigger takes the text for one that was left as it was.
KEEP_TEXT = """
UPDATE users SET search_text = %(search_text)s
WHERE id = %(id)s AND search_text <> %(search_text)s
"""

# Behind the removal of sessions, which waits for who is using one, and tells of it; and
# behind a wait for all events that are being stored, which may name the user, too.
FORGET = (
    """
UPDATE events SET address = NULL, label = NULL, data = '{}' WHERE user_id = %(id)s
""",
    """
UPDATE events SET address = NULL, label = NULL
WHERE actor = %(id)s::text AND user_id IS DISTINCT FROM %(id)s
""",
)

REMOVAL = (*REMOVALS, WAIT_FOR_EVENTS, *FORGET)
"""All that is done to remove a user, in this order, with their ``id`` and ``user_id``."""


async def change(
    connection: Connection, wanted: UserChange, events: Sequence[Event]
) -> User | None:
    """Do as ``UserRepository.change`` says."""
    values: Values = {
        **USER.values(wanted.after),
        "id": wanted.before.id,
        "stamp": wanted.before.stamp,
        "token_id": wanted.spends,
    }
    takes_admin = _may_administer(wanted.before) and not _may_administer(wanted.after)
    async with transaction(connection):
        if takes_admin:
            await connection.execute(LOCK_ADMINS)
        await connection.execute(LOCK_NAMES, values)
        looked = await fetch(connection, tuple, LOOK, values)
        if not looked:
            return None
        if wanted.spends and not await fetch(connection, first, SPEND, values):
            return None
        is_last, email_is_taken, username_is_taken = looked[0]
        if email_is_taken:
            raise EmailTaken
        if username_is_taken:
            raise UsernameTaken
        if takes_admin and is_last:
            raise LastAdmin
        await _follow(connection, wanted)
        changed = connection.cursor(row_factory=lambda _: USER.to_record)
        await changed.execute(CHANGE, values)
        await connection.execute(KEEP_TEXT, values)
        await record(connection, events)
    return await changed.fetchone()


async def remove(
    connection: Connection,
    user_id: UserId,
    stamp: int | None,
    events: Sequence[Event],
) -> bool:
    """Do as ``UserRepository.remove`` says."""
    values = {"id": user_id, "user_id": user_id, "stamp": stamp}
    async with transaction(connection):
        await connection.execute(LOCK_ADMINS)
        looked = await fetch(connection, first, LOOK_TO_REMOVE, values)
        if not looked:
            return False
        if any(looked):
            raise LastAdmin
        for statement in REMOVAL:
            await connection.execute(statement, values)
        await record(connection, events)
    return True


def _may_administer(user: User) -> bool:
    return user.role is Role.ADMIN and user.is_active


async def _follow(connection: Connection, wanted: UserChange) -> None:
    """Do what happens with a change; sessions first, as removals do."""
    user_id, at = wanted.after.id, wanted.after.updated_at
    if reason := wanted.ends_sessions:
        ending = ALL | {"user_id": user_id, "at": at, "reason": reason}
        await connection.execute(END_ALL, ending)
    issued = wanted.issues
    if void := wanted.voids | ({issued.purpose} if issued else set()):
        await connection.execute(VOID, {"id": user_id, "void": list(void)})
    if issued:
        await connection.execute(TOKEN.insert, TOKEN.values(issued))
