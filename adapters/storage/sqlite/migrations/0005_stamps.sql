-- Who has no password has no hash. SQLite can't take NOT NULL from a column, so the column
-- is replaced by one like it: rows, ids and what refers to them stay in their places.

ALTER TABLE users ADD COLUMN nullable_hash TEXT;

UPDATE users SET nullable_hash = password_hash;

ALTER TABLE users DROP COLUMN password_hash;

ALTER TABLE users RENAME COLUMN nullable_hash TO password_hash;

ALTER TABLE users ADD COLUMN stamp INTEGER NOT NULL DEFAULT 0;

-- The program sets the stamp by itself. This is for those who don't: operators, and the
-- version before, which runs on beside this one. Of a new hash nobody can tell whether the
-- password is the same: the stamp grows.

CREATE TRIGGER users_grow_stamp AFTER UPDATE ON users
WHEN new.stamp = old.stamp AND (
    new.role <> old.role
    OR new.is_active <> old.is_active
    OR new.email_key <> old.email_key
    OR new.password_hash IS NOT old.password_hash
)
BEGIN
    UPDATE users SET stamp = old.stamp + 1 WHERE id = new.id;
END;
