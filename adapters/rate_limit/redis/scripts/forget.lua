-- Forgets all failures of an account.
--
-- KEYS: its failures from addresses not known; the list of its failures from known ones;
-- the list of all failures. Returns 0.

local forgotten = redis.call('ZRANGE', KEYS[2], 0, -1)
table.insert(forgotten, KEYS[1])
table.insert(forgotten, KEYS[2])
for _, key in ipairs(forgotten) do
    redis.call('DEL', key)
    redis.call('ZREM', KEYS[3], key)
end
return 0

