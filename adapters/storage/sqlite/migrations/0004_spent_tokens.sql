-- Of a verification only: the version before, which does not know the column and runs on
-- beside this one, would verify once more, and that changes nothing.

ALTER TABLE one_time_tokens ADD COLUMN spent_at TEXT;
