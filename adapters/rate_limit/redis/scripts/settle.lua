-- Takes back that a trial failed.
--
-- KEYS: as in begin.lua. ARGV: how long the address is known from now on, in milliseconds;
-- 0 if the trial proved nothing.

local key = redis.call('EXISTS', KEYS[1]) == 1 and KEYS[2] or KEYS[3]
if ARGV[1] == '0' then
    redis.call('RPOP', key)
else
    redis.call('DEL', key)
    redis.call('SET', KEYS[1], 1, 'PX', ARGV[1])
end
return 0
