-- Counts all attempts or none, in exact sliding windows.
--
-- KEYS: for each attempt the list of when those counted were made, oldest first; a key may
-- come twice; then for each the list of all keys of its limit. ARGV: for each its quota and
-- its window; how many keys a limit may have. Returns for each whether it is allowed, how
-- many remain, and how long until one more is. All times are milliseconds.

local function time_at(key, place)
    return tonumber(redis.call('LINDEX', key, place) or nil)
end

local function size_now(key, window)
    -- What lies ahead was written before the clock was set back.
    local place = -1
    local latest = time_at(key, place)
    while latest and latest > now do
        redis.call('LSET', key, place, now)
        place = place - 1
        latest = time_at(key, place)
    end
    local oldest = time_at(key, 0)
    while oldest and oldest <= now - window do
        redis.call('LPOP', key)
        oldest = time_at(key, 0)
    end
    return redis.call('LLEN', key)
end

local allowed, all_allowed, sizes = {}, true, {}
for i = 1, #KEYS / 2 do
    local key = KEYS[i]
    local quota, window = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
    sizes[key] = (sizes[key] or size_now(key, window)) + 1
    allowed[i] = sizes[key] <= quota
    all_allowed = all_allowed and allowed[i]
end

if all_allowed then
    for i = 1, #KEYS / 2 do
        local key = KEYS[i]
        redis.call('RPUSH', key, now)
        keep(key, tonumber(ARGV[2 * i]), KEYS[#KEYS / 2 + i], tonumber(ARGV[#ARGV]))
    end
end

local quotas = {}
for i = 1, #KEYS / 2 do
    local key = KEYS[i]
    local quota, window = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
    local oldest = time_at(key, 0)
    quotas[i] = {
        allowed[i] and 1 or 0,
        math.max(0, quota - redis.call('LLEN', key)),
        oldest and oldest + window - now or 0,
    }
end
return quotas
