-- Returns how long a trial from an address that is not known has to wait.
--
-- KEYS: when the trials that failed were begun from such addresses, latest last. ARGV: the
-- delays (wait.lua). All times are milliseconds.

return math.max(0, wait_after(KEYS[1], 1))

