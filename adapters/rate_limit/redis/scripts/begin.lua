-- Counts a trial as failed if it may go on.
--
-- KEYS: whether the address is known to the account; when the trials that failed were
-- begun, latest last, from this address, and from all that are not known; the lists of all
-- known addresses, and of all failures; that of the account's failures from known
-- addresses. ARGV: how many known addresses or failures are kept in all, and how many from
-- known addresses of one account; how long failures are remembered; the delays (wait.lua).
-- Returns how long to wait. All times are milliseconds.

local is_known = redis.call('EXISTS', KEYS[1]) == 1
local key = is_known and KEYS[2] or KEYS[3]
local most, of_one, life = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

local latest = tonumber(redis.call('LINDEX', key, -1) or nil)
if latest and latest > now then
    redis.call('LSET', key, -1, now)
end
local wait = wait_after(key, 4)
if wait > 0 then
    return wait
end

redis.call('RPUSH', key, now)
redis.call('LTRIM', key, 2 - #ARGV, -1)
if is_known then
    -- Nothing else leads from the account to it.
    keep(key, life, KEYS[6], of_one)
    keep(KEYS[6], redis.call('PTTL', KEYS[6]), KEYS[5], most)
end
keep(key, life, KEYS[5], most)
return 0

