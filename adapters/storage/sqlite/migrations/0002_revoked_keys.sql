-- Nothing that the version before reads or writes: it runs on beside this one.

CREATE TABLE revoked_keys (
    kid TEXT PRIMARY KEY,
    at TEXT NOT NULL
) STRICT;
