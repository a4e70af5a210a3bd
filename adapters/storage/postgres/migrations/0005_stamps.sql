-- Who has no password has no hash.

ALTER TABLE users ALTER COLUMN password_hash DROP NOT NULL;

ALTER TABLE users ADD COLUMN stamp integer NOT NULL DEFAULT 0;

-- The program sets the stamp by itself. This is for those who don't: operators, and the
-- version before, which runs on beside this one. Of a new hash nobody can tell whether the
-- password is the same: the stamp grows.

CREATE FUNCTION grow_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.stamp := OLD.stamp + 1;
    RETURN NEW;
END
$$;

CREATE TRIGGER users_grow_stamp BEFORE UPDATE ON users
FOR EACH ROW WHEN (
    NEW.stamp = OLD.stamp AND (
        NEW.role <> OLD.role
        OR NEW.is_active <> OLD.is_active
        OR NEW.email_key <> OLD.email_key
        OR NEW.password_hash IS DISTINCT FROM OLD.password_hash
    )
)
EXECUTE FUNCTION grow_stamp();
