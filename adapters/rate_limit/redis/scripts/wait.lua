-- Comes before the scripts that ask how long failures put off the next trial.

local function wait_after(key, first)
    -- ARGV from the place first on: the delay after the first failure, the second, and so
    -- on, after the last of which it grows no more. What lies ahead was written before the
    -- clock was set back.
    local failures = redis.call('LLEN', key)
    if failures == 0 then
        return 0
    end
    local latest = math.min(tonumber(redis.call('LINDEX', key, -1)), now)
    return latest + ARGV[first - 1 + math.min(failures, #ARGV - first + 1)] - now
end

