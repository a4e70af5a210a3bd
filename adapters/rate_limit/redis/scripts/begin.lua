-- Counts a trial as failed if it may go on.
--
-- KEYS: whether the address is known to the account; when the trials that failed were
-- begun, latest last, from this address, and from all that are not known; the lists of all
-- known addresses, and of all failures. ARGV: how many of each are kept; how long failures
-- are remembered; the delay after the first failure, the second, and so on, after the last
-- of which it grows no more. Returns how long to wait. All times are milliseconds.

local key = redis.call('EXISTS', KEYS[1]) == 1 and KEYS[2] or KEYS[3]
local failures = redis.call('LLEN', key)
if failures > 0 then
    local latest = tonumber(redis.call('LINDEX', key, -1))
    if latest > now then
        -- The clock was set back.
        redis.call('LSET', key, -1, now)
        latest = now
    end
    local wait = latest + ARGV[2 + math.min(failures, #ARGV - 2)] - now
    if wait > 0 then
        return wait
    end
end

redis.call('RPUSH', key, now)
redis.call('LTRIM', key, 1 - #ARGV, -1)
keep(key, tonumber(ARGV[2]), KEYS[5], tonumber(ARGV[1]))
return 0
