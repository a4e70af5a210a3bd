-- Nothing is taken away: the version before, which runs on beside this one, finds all that it
-- knows, and triggers fill in what it does not.

ALTER TABLE users
    ADD COLUMN locale text,
    ADD COLUMN last_login_at timestamptz(3),
    ADD COLUMN devices text[] NOT NULL DEFAULT '{}',
    ADD COLUMN search_text text;

ALTER TABLE one_time_tokens ADD COLUMN email text;

ALTER TABLE events
    ADD COLUMN actor text,
    ADD COLUMN address text,
    ADD COLUMN label text;

CREATE TABLE tallies (
    -- A transfer compares records in this order, which must be the same in every storage.
    id text COLLATE "C" PRIMARY KEY,
    amount bigint NOT NULL
);

-- What users are found by, for those who don't know of it: operators, and the version before.
-- It is right for ASCII. Any other begins with a line feed, as no text of the program's does:
-- the program puts it right in this transaction, and when it next migrates.

CREATE FUNCTION rough_search_text(email text, username text, full_name text)
RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN octet_length(names) = char_length(names)
        THEN lower(names COLLATE "C") ELSE chr(10) || lower(names) END
    FROM (SELECT email || chr(10) || username || chr(10) || coalesce(full_name, '')) AS of (names)
$$;

-- Rows are written anew instead of updated: no dead ones stay behind, and no trigger fires.

ALTER TABLE users
    ALTER COLUMN search_text TYPE text USING rough_search_text(email, username, full_name),
    ALTER COLUMN search_text SET NOT NULL;

-- What the version before has in the data of an event.

ALTER TABLE events
    ALTER COLUMN actor TYPE text USING data ->> 'actor',
    ALTER COLUMN address TYPE text USING data ->> 'address',
    ALTER COLUMN label TYPE text USING data ->> 'client',
    ALTER COLUMN data TYPE jsonb USING data - '{actor,address,client}'::text[];

CREATE FUNCTION take_event_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.actor := NEW.data ->> 'actor';
    NEW.address := NEW.data ->> 'address';
    NEW.label := NEW.data ->> 'client';
    NEW.data := NEW.data - '{actor,address,client}'::text[];
    RETURN NEW;
END
$$;

CREATE TRIGGER events_take_apart BEFORE INSERT ON events
FOR EACH ROW WHEN (NEW.actor IS NULL AND NEW.data ? 'actor')
EXECUTE FUNCTION take_event_apart();

-- The text is put together here once more: the path on which a trigger looks for functions
-- is that of whoever changes the row.

CREATE FUNCTION fill_search_text() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    names text := NEW.email || chr(10) || NEW.username || chr(10) || coalesce(NEW.full_name, '');
BEGIN
    NEW.search_text := CASE WHEN octet_length(names) = char_length(names)
        THEN lower(names COLLATE "C") ELSE chr(10) || lower(names) END;
    RETURN NEW;
END
$$;

DROP FUNCTION rough_search_text;

CREATE TRIGGER users_fill_search_text BEFORE INSERT ON users
FOR EACH ROW WHEN (NEW.search_text IS NULL)
EXECUTE FUNCTION fill_search_text();

CREATE TRIGGER users_renew_search_text BEFORE UPDATE ON users
FOR EACH ROW WHEN (
    NEW.search_text = OLD.search_text AND (
        NEW.email <> OLD.email
        OR NEW.username <> OLD.username
        OR NEW.full_name IS DISTINCT FROM OLD.full_name
    )
)
EXECUTE FUNCTION fill_search_text();

-- The stamp grows with all that an administrator sees of a user.

DROP TRIGGER users_grow_stamp ON users;

CREATE TRIGGER users_grow_stamp BEFORE UPDATE ON users
FOR EACH ROW WHEN (
    NEW.stamp = OLD.stamp AND (
        NEW.email <> OLD.email
        OR NEW.email_key <> OLD.email_key
        OR NEW.username <> OLD.username
        OR NEW.username_key <> OLD.username_key
        OR NEW.full_name IS DISTINCT FROM OLD.full_name
        OR NEW.role <> OLD.role
        OR NEW.is_active <> OLD.is_active
        OR NEW.is_verified <> OLD.is_verified
        OR NEW.locale IS DISTINCT FROM OLD.locale
        OR NEW.password_hash IS DISTINCT FROM OLD.password_hash
    )
)
EXECUTE FUNCTION grow_stamp();
