-- Counts a trial as failed if it may go on.
--
-- KEYS: whether the address is known to the account; when the trials that failed were
-- begun, latest last, from this address, and from all that are not known. ARGV: how long
-- failures are remembered; the delay after the first failure, the second, and so on, after
-- the last of which it grows no more. Returns how long to wait. All times are milliseconds.

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local key = redis.call('EXISTS', KEYS[1]) == 1 and KEYS[2] or KEYS[3]
local failures = redis.call('LLEN', key)
if failures > 0 then
    local latest = tonumber(redis.call('LINDEX', key, -1))
    if latest > now then
        -- The clock was set back.
        redis.call('LSET', key, -1, now)
        latest = now
    end
    local wait = latest + ARGV[1 + math.min(failures, #ARGV - 1)] - now
    if wait > 0 then
        return wait
    end
end

redis.call('RPUSH', key, now)
redis.call('LTRIM', key, -#ARGV, -1)
redis.call('PEXPIRE', key, ARGV[1])
return 0
