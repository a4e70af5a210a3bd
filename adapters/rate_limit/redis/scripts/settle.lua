-- Takes back that a trial failed.
--
-- KEYS: as in begin.lua. ARGV: how many known addresses are kept; how long this one is known
-- from now on, in milliseconds; 0 if the trial proved nothing.

local key = redis.call('EXISTS', KEYS[1]) == 1 and KEYS[2] or KEYS[3]
if ARGV[2] == '0' then
    redis.call('RPOP', key)
else
    redis.call('DEL', key)
    redis.call('ZREM', KEYS[5], key)
    redis.call('ZREM', KEYS[6], key)
    if redis.call('EXISTS', KEYS[6]) == 0 then
        redis.call('ZREM', KEYS[5], KEYS[6])
    end
    redis.call('SET', KEYS[1], 1)
    keep(KEYS[1], tonumber(ARGV[2]), KEYS[4], tonumber(ARGV[1]))
end
return 0

