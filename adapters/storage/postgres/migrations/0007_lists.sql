-- Behind the step that has written users and events anew, so that nobody who only reads waits
-- for these: they take a while where there are many.

-- Any part of a text is found by the characters and the pairs of characters in it, which
-- takes no extension. To compute them for a row is dear, next to looking them up. The path
-- is fixed, since a dump is restored with an empty one, and who looks may have any.

CREATE FUNCTION grams(text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
COST 10000 SET search_path = pg_catalog AS $$
    SELECT string_to_array($1, NULL) || ARRAY(
        SELECT one || next
        FROM unnest(string_to_array($1, NULL), (string_to_array($1, NULL))[2:])
            AS pairs (one, next)
        WHERE next IS NOT NULL
    )
$$;

-- Compared byte by byte, which is quicker, and the same in every version of the system.

CREATE INDEX users_grams ON users USING gin (grams(search_text) COLLATE "C");

CREATE INDEX users_flags ON users (role, is_active, is_verified, id);

CREATE INDEX users_by_email ON users (email_key COLLATE "C", id);

CREATE INDEX users_by_username ON users (username_key COLLATE "C", id);

CREATE INDEX users_by_creation ON users (created_at, id);

CREATE INDEX users_by_login ON users (coalesce(last_login_at, '-infinity'), id);

CREATE INDEX sessions_live ON sessions (expires_at) WHERE ended_at IS NULL;

CREATE INDEX sessions_unended ON sessions (user_id, created_at, id)
WHERE ended_at IS NULL;

CREATE INDEX events_by_time ON events (at, seq);

CREATE INDEX events_by_user ON events (user_id, at, seq);

CREATE INDEX events_by_actor ON events (actor, at, seq);

CREATE INDEX events_by_kind ON events (kind, at, seq);

CREATE INDEX events_by_address ON events (address, at, seq);

DROP INDEX events_at; -- the same begins another now
