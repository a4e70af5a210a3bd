"""What Postgres is told about accounts."""

from adapters.storage.postgres.events import recording
from adapters.storage.postgres.rows import ACCOUNT, NEW_ACCOUNT, TOKEN, USER
from adapters.storage.statements import compose, name

BY_ID = compose("SELECT $user FROM users WHERE id = %(key)s", user=USER.columns)

BY_EMAIL = compose(
    "SELECT $user FROM users WHERE email_key = %(key)s", user=USER.columns
)

ACCOUNT_BY_ID = compose(
    "SELECT $account FROM users WHERE id = %(key)s", account=ACCOUNT.columns
)

ACCOUNT_BY_EMAIL = compose(
    "SELECT $account FROM users WHERE email_key = %(key)s", account=ACCOUNT.columns
)

# Who wants the same names waits, then looks before it inserts: an insert that a unique
# index refuses would use up an id. In one order, so that no two wait for each other.
LOCK_NAMES = """
SELECT pg_advisory_xact_lock(key) FROM (
    SELECT DISTINCT hashtextextended(name, 0) AS key
    FROM unnest(ARRAY[%(email_key)s, %(username_key)s]) AS name ORDER BY key
) AS keys
"""

ADD = compose(
    """
WITH added AS (
    INSERT INTO users ($columns) SELECT $parameters
    WHERE NOT EXISTS (
        SELECT FROM users
        WHERE email_key = %(email_key)s OR username_key = %(username_key)s
    )
    RETURNING $user
), issued AS (
    INSERT INTO one_time_tokens ($token) SELECT $given
    FROM added, jsonb_populate_recordset(NULL::one_time_tokens, %(tokens)s) AS given
), told AS ($recording)
SELECT * FROM added
""",
    columns=NEW_ACCOUNT.written,
    parameters=NEW_ACCOUNT.parameters(),
    user=USER.columns,
    token=TOKEN.written,
    given=TOKEN.of("given", user_id=name("added.id")),
    recording=recording("added", user_id="added.id"),
)

# All who change a user and more lock the user first, so that no two wait for each other. By
# a statement of its own: behind it the user is seen as it was locked. An older version is
# held by who waits, as an administrator, for us.
LOCK_OWNER = """
SELECT users.id FROM users JOIN one_time_tokens ON one_time_tokens.user_id = users.id
WHERE one_time_tokens.id = %(token_id)s FOR NO KEY UPDATE OF users
"""

GOOD = compose("""
one_time_tokens.id = %(token_id)s AND purpose = %(purpose)s AND expires_at > %(at)s
    AND spent_at IS NULL
""")

VERIFY_EMAIL = compose(
    """
WITH spent AS (
    UPDATE one_time_tokens SET spent_at = %(at)s WHERE $good RETURNING user_id
), told AS ($recording)
UPDATE users SET is_verified = TRUE, stamp = stamp + 1, updated_at = %(at)s
FROM spent WHERE users.id = spent.user_id RETURNING $user
""",
    good=GOOD,
    recording=recording("spent"),
    user=USER.columns,
)

# Nobody may begin to refer to who is removed: not even a key may be shared.
LOCK_REJECTED = LOCK_OWNER.replace("FOR NO KEY UPDATE", "FOR UPDATE")

UNVERIFIED = compose(
    """
SELECT user_id FROM one_time_tokens
WHERE $good AND user_id IN (
    SELECT id FROM users WHERE NOT is_verified AND role <> 'admin'
)
""",
    good=GOOD,
)

# Sessions in the order of their ids: who ends all of a user's takes that, too.
REMOVALS = (
    """
DELETE FROM sessions WHERE id IN (
    SELECT id FROM sessions WHERE user_id = %(user_id)s ORDER BY id FOR UPDATE
)
""",
    "DELETE FROM one_time_tokens WHERE user_id = %(user_id)s",
    "DELETE FROM users WHERE id = %(user_id)s",
)

RESET_PASSWORD = compose(
    """
WITH spent AS (DELETE FROM one_time_tokens WHERE $good RETURNING user_id), void AS (
    DELETE FROM one_time_tokens USING spent
    WHERE one_time_tokens.user_id = spent.user_id AND purpose = ANY(%(void)s)
        AND id <> %(token_id)s
)
UPDATE users SET password_hash = %(new_hash)s, is_verified = TRUE,
    stamp = stamp + 1, updated_at = %(at)s
FROM spent WHERE users.id = spent.user_id RETURNING $user
""",
    good=GOOD,
    user=USER.columns,
)

CHANGE_PASSWORD = """
UPDATE users SET password_hash = %(new_hash)s, stamp = stamp + 1, updated_at = %(at)s
WHERE id = %(user_id)s AND stamp = %(stamp)s AND is_active RETURNING id
"""  # noqa: S105 - a statement

VOID = (
    "DELETE FROM one_time_tokens WHERE user_id = %(user_id)s AND purpose = %(purpose)s"
)

REPLACE_HASH = """
UPDATE users SET password_hash = %(new_hash)s
WHERE id = %(user_id)s AND stamp = %(stamp)s AND password_hash = %(old_hash)s RETURNING id
"""

# Behind it: the trigger can't know that it is the same password.
KEEP_STAMP = "UPDATE users SET stamp = %(stamp)s WHERE id = %(user_id)s"
