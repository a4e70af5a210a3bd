-- Nothing that the version before reads or writes: it runs on beside this one.

CREATE TABLE revoked_keys (
    -- A transfer compares records in this order, which must be the same in every storage.
    kid text COLLATE "C" PRIMARY KEY,
    at timestamptz(3) NOT NULL
);
