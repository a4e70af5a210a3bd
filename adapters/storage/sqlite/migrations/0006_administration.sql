-- Nothing is taken away: the version before, which runs on beside this one, finds all that it
-- knows, and triggers fill in what it does not.

ALTER TABLE users ADD COLUMN locale TEXT;

ALTER TABLE users ADD COLUMN last_login_at TEXT;

ALTER TABLE users ADD COLUMN devices TEXT NOT NULL DEFAULT '[]'; -- a JSON array of names

ALTER TABLE users ADD COLUMN search_text TEXT; -- the program computes it, in this transaction

-- A place in a list is compared with others: NULL can't be.
ALTER TABLE users ADD COLUMN last_login_order TEXT
GENERATED ALWAYS AS (coalesce(last_login_at, '')) VIRTUAL;

ALTER TABLE one_time_tokens ADD COLUMN email TEXT;

ALTER TABLE events ADD COLUMN actor TEXT;

ALTER TABLE events ADD COLUMN address TEXT;

ALTER TABLE events ADD COLUMN label TEXT;

CREATE TABLE tallies (
    id TEXT PRIMARY KEY,
    amount INTEGER NOT NULL
) STRICT;

-- An index ends with the row's id, which tells equal rows apart.

CREATE INDEX users_flags ON users (role, is_active, is_verified);

CREATE INDEX users_created ON users (created_at);

CREATE INDEX users_last_login ON users (last_login_order);

CREATE INDEX sessions_live ON sessions (expires_at) WHERE ended_at IS NULL;

CREATE INDEX sessions_live_user ON sessions (user_id, created_at, id)
WHERE ended_at IS NULL;

CREATE INDEX events_found ON events (at);

CREATE INDEX events_found_user ON events (user_id, at);

CREATE INDEX events_found_actor ON events (actor, at) WHERE actor IS NOT NULL;

CREATE INDEX events_found_kind ON events (kind, at);

CREATE INDEX events_found_address ON events (address, at) WHERE address IS NOT NULL;

-- What the version before has in the data of an event.

UPDATE events SET
    actor = json_extract(data, '$.actor'),
    address = json_extract(data, '$.address'),
    label = json_extract(data, '$.client'),
    data = json_remove(data, '$.actor', '$.address', '$.client')
WHERE json_extract(data, '$.actor') IS NOT NULL;

CREATE TRIGGER events_take_apart AFTER INSERT ON events
WHEN new.actor IS NULL AND json_extract(new.data, '$.actor') IS NOT NULL
BEGIN
    UPDATE events SET
        actor = json_extract(data, '$.actor'),
        address = json_extract(data, '$.address'),
        label = json_extract(data, '$.client'),
        data = json_remove(data, '$.actor', '$.address', '$.client')
    WHERE seq = new.seq;
END;

-- Any part of a text is found by the threes of characters in it, and a part that is shorter
-- by those which begin with it: so there are two more characters behind every text. The index
-- folds nothing, keeps no texts, and is told what to forget.

CREATE VIRTUAL TABLE user_grams USING fts5 (
    text, content = '', detail = none, columnsize = 0, tokenize = 'trigram case_sensitive 1'
);

CREATE VIRTUAL TABLE user_gram_places USING fts5vocab (user_grams, instance);

CREATE TRIGGER users_index AFTER INSERT ON users WHEN new.search_text IS NOT NULL
BEGIN
    INSERT INTO user_grams (rowid, text)
    VALUES (new.id, new.search_text || char(10, 10));
END;

CREATE TRIGGER users_index_anew AFTER UPDATE OF id, search_text ON users
WHEN new.id <> old.id OR new.search_text IS NOT old.search_text
BEGIN
    INSERT INTO user_grams (user_grams, rowid, text)
    SELECT 'delete', old.id, old.search_text || char(10, 10)
    WHERE old.search_text IS NOT NULL;
    INSERT INTO user_grams (rowid, text)
    SELECT new.id, new.search_text || char(10, 10) WHERE new.search_text IS NOT NULL;
END;

CREATE TRIGGER users_unindex AFTER DELETE ON users WHEN old.search_text IS NOT NULL
BEGIN
    INSERT INTO user_grams (user_grams, rowid, text)
    VALUES ('delete', old.id, old.search_text || char(10, 10));
END;

-- For those who don't know of the text: operators, and the version before. It is right for
-- ASCII, and the program puts the others right when it next migrates.

CREATE TRIGGER users_search_new AFTER INSERT ON users WHEN new.search_text IS NULL
BEGIN
    UPDATE users SET search_text = lower(
        email || char(10) || username || char(10) || coalesce(full_name, '')
    ) WHERE id = new.id;
END;

CREATE TRIGGER users_search_renamed AFTER UPDATE OF email, username, full_name ON users
WHEN new.search_text IS old.search_text AND (
    new.email <> old.email
    OR new.username <> old.username
    OR new.full_name IS NOT old.full_name
)
BEGIN
    UPDATE users SET search_text = lower(
        email || char(10) || username || char(10) || coalesce(full_name, '')
    ) WHERE id = new.id;
END;

-- The stamp grows with all that an administrator sees of a user.

DROP TRIGGER users_grow_stamp;

CREATE TRIGGER users_grow_stamp AFTER UPDATE ON users
WHEN new.stamp = old.stamp AND (
    new.email <> old.email
    OR new.email_key <> old.email_key
    OR new.username <> old.username
    OR new.username_key <> old.username_key
    OR new.full_name IS NOT old.full_name
    OR new.role <> old.role
    OR new.is_active <> old.is_active
    OR new.is_verified <> old.is_verified
    OR new.locale IS NOT old.locale
    OR new.password_hash IS NOT old.password_hash
)
BEGIN
    UPDATE users SET stamp = old.stamp + 1 WHERE id = new.id;
END;
