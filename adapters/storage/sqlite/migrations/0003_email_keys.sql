-- The keys of addresses that are not ASCII: the program computes them, in this transaction.
-- The version before runs on beside this one: for all other addresses they stay the same.

UPDATE users SET email_key = email_key WHERE FALSE;
