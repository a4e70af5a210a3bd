-- Times are ISO 8601 in UTC, all of one width: they compare as text.

CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    username TEXT NOT NULL,
    username_key TEXT NOT NULL UNIQUE,
    full_name TEXT,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    is_active INTEGER NOT NULL,
    is_verified INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users (id),
    generation INTEGER NOT NULL,
    rotations TEXT NOT NULL, -- a JSON array of times
    created_at TEXT NOT NULL,
    last_used_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    ended_at TEXT,
    end_reason TEXT,
    address TEXT NOT NULL,
    label TEXT NOT NULL
) STRICT;

CREATE INDEX sessions_user ON sessions (user_id);

CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE INDEX sessions_end ON sessions (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE one_time_tokens (
    id TEXT PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users (id),
    purpose TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;

CREATE INDEX one_time_tokens_user ON one_time_tokens (user_id, purpose);

CREATE INDEX one_time_tokens_expiry ON one_time_tokens (expires_at);

CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    at TEXT NOT NULL,
    user_id INTEGER, -- outlives the user, as does the event
    session_id TEXT,
    data TEXT NOT NULL, -- a JSON object
    due_at TEXT, -- when to deliver it; NULL if never, or never again
    attempts INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX events_user ON events (user_id);

CREATE INDEX events_due ON events (due_at) WHERE due_at IS NOT NULL;

CREATE INDEX events_done ON events (at) WHERE due_at IS NULL;
